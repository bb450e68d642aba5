#!/bin/sh
# Amazon's S3 as moto has it, on the port that is given by -p.
exec python3 -m moto.server -H 0.0.0.0 "$@"
