// The CustomResourceDefinitions of OpenReports, pinned: `bed/tools openreports` takes them out of the module.
module sparkgate/tests/cluster/bed/openreports

go 1.25

require github.com/openreports/reports-api v0.2.1
