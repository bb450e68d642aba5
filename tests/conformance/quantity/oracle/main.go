// Compares base/quantity with k8s.io/apimachinery/pkg/api/resource: which texts are quantities, and what Value() and
// MilliValue() say of them. Negative ones, and those without a digit, are refused by us, whatever they are upstream.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"math"
	"math/rand"
	"os"
	"os/exec"
	"strings"

	"gopkg.in/inf.v0"
	"k8s.io/apimachinery/pkg/api/resource"
)

var suffixes = []string{"", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E3", "e-2", "E+1", "e18",
	"e19", "e-30", "K", "gi", "e", "E-", "i", " ", "mm", "e1.5", "Zi"}

var numbers = []string{"0", "00", "1", "1.", ".1", ".", "", "0.000000001", "0.0000000001", "9223372036854775807", "9223372036854775808",
	"18446744073709551615", "18446744073709551616", "9007199254740993", "7.99999999999999999999", "1.0000000000000000000000000001",
	"922337203685477580", "1,5", "1_0", "0x1", "Inf"}

func randomNumber(r *rand.Rand) string {
	if r.Intn(4) == 0 {
		return numbers[r.Intn(len(numbers))]
	}
	text := make([]byte, 1+r.Intn(22))
	for i := range text {
		text[i] = "0123456789"[r.Intn(10)]
	}
	if r.Intn(2) == 0 {
		text[r.Intn(len(text))] = '.'
	}
	return string(text)
}

func randomText(r *rand.Rand) string {
	sign := []string{"", "", "", "", "+", "-"}[r.Intn(6)]
	return sign + randomNumber(r) + suffixes[r.Intn(len(suffixes))]
}

// Rounded up to so many digits, and capped, as Quantity documents it; its own Value() is undefined beyond int64.
func scaled(q resource.Quantity, digits inf.Scale) int64 {
	d := new(inf.Dec).Round(q.AsDec(), digits, inf.RoundUp)
	d.Mul(d, inf.NewDec(1, -digits))
	n, ok := d.Round(d, 0, inf.RoundUp).Unscaled()
	if !ok {
		return math.MaxInt64
	}
	return n
}

// In front of the suffix: "e3" has none.
func hasDigit(text string) bool {
	at := strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune("+-.", c) })
	return at >= 0 && text[at] >= '0' && text[at] <= '9'
}

func upstream(text string) string {
	q, err := resource.ParseQuantity(text)
	if err != nil || q.Sign() < 0 || !hasDigit(text) {
		return "!"
	}
	whole, milli := scaled(q.DeepCopy(), 0), scaled(q.DeepCopy(), 3)
	if whole < math.MaxInt64 && whole != q.Value() || milli < math.MaxInt64 && milli != q.MilliValue() {
		return fmt.Sprintf("upstream disagrees with itself: %d %d, %d %d", whole, q.Value(), milli, q.MilliValue())
	}
	return fmt.Sprintf("%d %d", whole, milli)
}

func main() {
	program := flag.String("driver", "", "the C side")
	seed := flag.Int64("seed", 1, "of the random texts")
	count := flag.Int("count", 50000, "of the random texts")
	flag.Parse()
	r := rand.New(rand.NewSource(*seed))
	cmd := exec.Command(*program)
	cmd.Stderr = os.Stderr
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	answers := bufio.NewScanner(out)
	passed, failed, read := 0, 0, 0

	if err := cmd.Start(); err != nil {
		fmt.Println(err)
	}
	for i := 0; i < *count; i++ {
		text := randomText(r)
		fmt.Fprintln(in, text)
		ours, theirs := "the driver died", upstream(text)
		if answers.Scan() {
			ours = answers.Text()
		}
		if theirs != "!" {
			read++
		}
		if ours == theirs {
			passed++
		} else if failed++; failed <= 20 {
			fmt.Printf("%q: %s, upstream: %s\n", text, ours, theirs)
		}
	}
	if read < *count/10 {
		fmt.Printf("only %d of the texts are quantities\n", read)
		failed++
	}
	fmt.Printf("%d passed, %d failed, 0 skipped\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
