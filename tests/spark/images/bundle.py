"""Amazon's SDK "bundle" has a client for each of 300 to 400 services, S3A calls a few: the rest is left out.

281 MB become 11 (version 1), 642 become 16 (version 2). Every image that has them would be imported with them."""

import zipfile
from pathlib import Path

# Where services lie in a bundle, and those that classes of hadoop-aws name: 3.3.4 still has S3Guard's DynamoDB in the
# signatures of S3AUtils; kms is what encryption on the client's side uses.
SERVICES = {
    "aws-java-sdk-bundle": ("com/amazonaws/services/", {"s3", "securitytoken", "dynamodbv2", "kms"}),
    "bundle": ("software/amazon/awssdk/services/", {"s3", "sts", "kms"}),
}
# Descriptions from which version 1's clients were generated; no class reads them.
MODELS = "models/"


def is_kept(name, prefix, kept):
    if name.startswith(MODELS):
        return False
    service, slash, _ = name.removeprefix(prefix).partition("/")
    return not name.startswith(prefix) or not slash or service in kept


def shrink(jar: Path):
    """In place. Any other jar stays as it is."""
    prefix, kept = SERVICES.get(jar.name.rsplit("-", 1)[0], (None, None))
    if not prefix:
        return
    small = jar.with_suffix(".small")
    with zipfile.ZipFile(jar) as old, zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as new:
        for info in sorted(old.infolist(), key=lambda info: info.filename):
            if not info.is_dir() and is_kept(info.filename, prefix, kept):
                new.writestr(zipfile.ZipInfo(info.filename), old.read(info), zipfile.ZIP_DEFLATED)
    small.replace(jar)
