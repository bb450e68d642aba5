// Compares sparkgate's Pod Security with upstream's (k8s.io/pod-security-admission): verdict, reason and detail byte
// for byte, and that upstream admits what our hardening says it made pass.
package main

import (
	"flag"
	"fmt"
	"os"
)

type run struct {
	*oracle
	*subject
	seed                    int64
	passed, failed, skipped int
}

const shownFailures = 20

func (r *run) expect(ok bool, format string, args ...any) {
	if ok {
		r.passed++
		return
	}
	r.failed++
	if r.failed <= shownFailures {
		fmt.Printf("FAILED "+format+"\n", args...)
	}
}

func (r *run) skip(format string, args ...any) {
	r.skipped++
	fmt.Printf("skipped: "+format+"\n", args...)
}

func main() {
	driver := flag.String("driver", "", "the built driver.c")
	fixtures := flag.String("fixtures", "", "upstream's test/testdata")
	sparkgate := flag.String("sparkgate", "", "the program, for its table of checks")
	folder := flag.String("samples", os.Getenv("SPARKGATE_SAMPLES"), "folder with reference/pss and manifests")
	seed := flag.Int64("seed", 1, "of the random pods")
	pods := flag.Int("pods", 2000, "random pods")
	flag.Parse()

	r := run{seed: *seed}
	err := r.start(*driver)
	parts := []func() error{
		func() error { return r.tableAgrees(*sparkgate) },
		func() error { return r.compareFixtures(*fixtures) },
		r.compareMalformed,
		func() error { return r.holdAll(*seed, *pods) },
		func() error { return r.compareSamples(*folder) },
	}
	for _, part := range parts {
		if err == nil {
			err = part()
		}
	}
	if err == nil {
		err = r.stop()
	}
	if err != nil {
		r.failed++
		fmt.Println("FAILED", err)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if r.failed > 0 {
		os.Exit(1)
	}
}

// batch bounds what is held in memory at once.
const batch = 500

func (r *run) holdAll(seed int64, pods int) error {
	fmt.Printf("%d random pods, seed %d\n", pods, seed)
	all := samples(seed, pods)
	for _, l := range []law{r.agrees(), r.hardens(), ephemeralLike(), blind(), updates()} {
		for at := 0; at < len(all); at += batch {
			if err := r.hold(l, all[at:min(at+batch, len(all))]); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
		}
	}
	return nil
}

func (r *run) start(driver string) (err error) {
	if r.oracle, err = newOracle(); err != nil {
		return err
	}
	r.subject, err = startSubject(driver)
	return err
}
