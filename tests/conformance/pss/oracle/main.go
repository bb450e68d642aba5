// Compares sparkgate's Pod Security with upstream's (k8s.io/pod-security-admission): verdict, reason and detail byte
// for byte, and that upstream admits what our hardening says it made pass.
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
)

type run struct {
	*oracle
	*subject
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
	samples := flag.String("samples", os.Getenv("SPARKGATE_SAMPLES"), "folder with reference/pss and manifests")
	seed := flag.Int64("seed", 1, "of the random pods")
	count := flag.Int("count", 20000, "random pods a part")
	flag.Parse()

	r := run{}
	err := r.start(*driver)
	for _, part := range []func() error{
		func() error { return r.compareFixtures(*fixtures) },
		func() error { return r.compareRandom(rand.New(rand.NewSource(*seed)), *count) },
		func() error { return r.hardenRandom(rand.New(rand.NewSource(*seed+1)), *count) },
		func() error { return r.compareSamples(*samples) },
	} {
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

func (r *run) start(driver string) (err error) {
	if r.oracle, err = newOracle(); err != nil {
		return err
	}
	r.subject, err = startSubject(driver)
	return err
}
