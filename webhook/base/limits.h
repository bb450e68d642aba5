/*
 * limits.h - the ceilings of what comes in from outside, with their reasons: requests, files, objects, what an answer may hold.
 * A bound that one module alone keeps (how many aliases, how many candidates) stands in that module.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* What the upstream Pod Security webhook takes; an object in etcd is at most 1.5 MiB,
 * and a review may hold two of them. */
#define LIMIT_BODY_BYTES (3u * 1024 * 1024)

/* Kubernetes objects nest about 15 deep; managedFields about 20. */
#define LIMIT_JSON_DEPTH 64

/* A 1.5 MiB object of real text has about 60,000 values; a value takes 48 bytes. */
#define LIMIT_JSON_NODES 200000

/* A looked-up or offline file. etcd's own limit is 1.5 MiB an object. */
#define LIMIT_FILE_BYTES (16u * 1024 * 1024)

/* Policies are written by hand. */
#define LIMIT_POLICY_BYTES (256u * 1024)
#define LIMIT_POLICY_RULES 1000

/* Manifests, YAML or JSON; in YAML keys count, too. libyaml has no depth limit of its own, and aliases multiply. */
#define LIMIT_YAML_DEPTH 64
#define LIMIT_YAML_NODES 500000

/* What is given to review, explain and audit: `kubectl get pods -A -o yaml` has 4 KB a pod, and a value each 12 bytes. 64 MiB of it
 * take 1.3 GiB of memory and 3 s; small values alone, 2 GiB. */
#define LIMIT_DUMP_BYTES (64u * 1024 * 1024)
#define LIMIT_DUMP_NODES 8000000

/* kubectl shows a warning of at most this many characters on one line; past 4,096 in all the
 * API server cuts every one to 256 (k8s.io/apiserver filters/warning.go). */
#define LIMIT_WARNING_CHARS 120
#define LIMIT_WARNINGS_CHARS 4000

/* docs/contract.md 4: at most this many ConfigMaps are looked up for one Connect server. */
#define LIMIT_LOOKUPS 8

/* Words of one array or one shell text; all command lines of a pod together have twice as many. Real ones have a few hundred. */
#define LIMIT_WORDS 20000

#endif
