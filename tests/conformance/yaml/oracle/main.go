// Compares base/yaml with sigs.k8s.io/yaml, which is what kubectl reads manifests with.
//
// Reading: fixed texts, every scalar word that the two could take differently, and random ones. What
// upstream refuses must be refused; what it reads must be read the same, or be refused for one of the reasons
// in stricter, which are documented in base/yaml.h. Printing: upstream must read back what was printed.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"reflect"
	"regexp"

	"sigs.k8s.io/yaml"
)

// Where we refuse what upstream takes. The last two: upstream reads one document and forgets what follows it, and
// takes "[a:]" for a list of one text.
var stricter = regexp.MustCompile(`appears twice in one mapping|tag .* is not supported|holds a NUL character|` +
	`nested deeper than|aliases make this document too large|is not a string: quote it|` +
	`did not find expected <document start>|found unexpected ':'`)

type driver struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func start(args ...string) *driver {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		fmt.Println("0 passed, 1 failed, 0 skipped")
		os.Exit(1)
	}
	return &driver{in, bufio.NewReader(out)}
}

func (d *driver) ask(text string) string {
	io.WriteString(d.in, text+"\x00")
	answer, err := d.out.ReadString(0)
	if err != nil {
		return "!the driver died"
	}
	return answer[:len(answer)-1]
}

var passed, failed int

func check(ok bool, format string, args ...any) {
	if ok {
		passed++
		return
	}
	if failed++; failed <= 20 {
		fmt.Printf(format+"\n", args...)
	}
}

// Numbers as float64: base/json holds no others.
func decode(text []byte) any {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	return v
}

// Numbers as they are spelt: 0.1 is a quantity, and 0.10000000000000001 is a larger one.
func decodeSpelt(text []byte) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return err
	}
	return v
}

func compareReading(d *driver, text string) {
	theirs, err := yaml.YAMLToJSON([]byte(text))
	ours := d.ask(text)
	switch {
	case ours[0] == '!' && err == nil:
		check(stricter.MatchString(ours), "%q: refused (%s), upstream reads %s", text, ours[1:], theirs)
	case ours[0] == '!':
		check(true, "")
	case err != nil:
		check(false, "%q: read as %s, upstream refuses: %v", text, ours[1:], err)
	default:
		check(reflect.DeepEqual(decodeSpelt([]byte(ours[1:])), decodeSpelt(theirs)), "%q: read as %s, upstream: %s", text, ours[1:], theirs)
	}
}

func comparePrinting(d *driver, value any) {
	text, _ := json.Marshal(value)
	printed := d.ask(string(text))
	theirs, err := yaml.YAMLToJSON([]byte(printed))
	check(err == nil && reflect.DeepEqual(decode(text), decode(theirs)), "%s: printed as\n%s\nupstream reads %s (%v)", text, printed, theirs, err)
}

func pick(r *rand.Rand, list []string) string { return list[r.Intn(len(list))] }

func randomWord(r *rand.Rand) string {
	alphabet := "0123456789+-._eExXoObBafFnNyY:~"
	word := make([]byte, 1+r.Intn(7))
	for i := range word {
		word[i] = alphabet[r.Intn(len(alphabet))]
	}
	return string(word)
}

// Lines that are anchors, merges, blocks and nonsense, in no order.
func randomDocument(r *rand.Rand) string {
	text := ""
	for n := 1 + r.Intn(6); n > 0; n-- {
		text += pick(r, indents) + pick(r, keys) + pick(r, values) + "\n"
	}
	return text
}

func randomText(r *rand.Rand) string {
	text := ""
	for n := r.Intn(6); n > 0; n-- {
		text += pick(r, pieces)
	}
	return text
}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.Intn(10); {
	case depth > 4 || n < 5:
		return randomText(r)
	case n == 5:
		return []any{nil, true, false, 0.0, -7.0, 1.5, 1e30}[r.Intn(7)]
	case n < 8:
		list := []any{}
		for n := r.Intn(4); n > 0; n-- {
			list = append(list, randomValue(r, depth+1))
		}
		return list
	default:
		object := map[string]any{}
		for n := r.Intn(4); n > 0; n-- {
			object[randomText(r)] = randomValue(r, depth+1)
		}
		return object
	}
}

func main() {
	program := flag.String("driver", "", "the C side")
	seed := flag.Int64("seed", 1, "of the random texts")
	count := flag.Int("count", 20000, "of the random texts, each kind")
	flag.Parse()
	reader, printer := start(*program), start(*program, "--print")
	r := rand.New(rand.NewSource(*seed))

	for _, text := range documents {
		compareReading(reader, text)
	}
	for _, word := range words {
		for _, form := range forms {
			compareReading(reader, fmt.Sprintf(form, word))
		}
	}
	for i := 0; i < *count; i++ {
		compareReading(reader, fmt.Sprintf(pick(r, forms), randomWord(r)))
		compareReading(reader, randomDocument(r))
		comparePrinting(printer, randomValue(r, 0))
	}
	for _, word := range words {
		comparePrinting(printer, map[string]any{word: word, "list": []any{word}})
	}
	fmt.Printf("%d passed, %d failed, 0 skipped\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
