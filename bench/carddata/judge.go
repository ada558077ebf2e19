package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/isolink-go/isolink/testdata/carddata"
	"github.com/isolink-go/isolink/testdata/check"
)

// found is what a run has shown.
type found struct {
	rows    []row
	failed  []string        // programs and tests
	kinds   map[string]bool // of messages, that card data was in
	panics  map[string]bool // functions that panicked with card data
	types   map[string]bool // of the values that were printed
	planted [2]int          // leaks that were put into the output of the tests: found, and all
}

// row is one line of the table.
type row struct {
	name         string
	bytes, lines int
	tests, logs  int // of pages: how many
	leaks        []carddata.Leak
}

// What the tests say that they have done.
var (
	testLine  = regexp.MustCompile(`(?m)^\s*--- (PASS|FAIL): (\S+)`)
	logLine   = regexp.MustCompile(`(?m)^time=\S+ level=`)
	kindLine  = regexp.MustCompile(`(?m): card data in: (.+)$`)
	panicLine = regexp.MustCompile(`(?m): panicked with card data: (.+)$`)
	typeLine  = regexp.MustCompile(`(?m): printed: (.+)$`)
)

// find searches the parts.
func find(parts []part, search *carddata.Search) *found {
	f := &found{kinds: make(map[string]bool), panics: make(map[string]bool), types: make(map[string]bool)}
	pages := row{name: "pages of the tests"}
	for _, p := range parts {
		r := row{name: p.name, bytes: len(p.text), lines: strings.Count(p.text, "\n"), leaks: search.Find(p.text)}
		if p.err != nil {
			f.failed = append(f.failed, fmt.Sprintf("%s: %v", p.name, p.err))
		}
		if strings.HasPrefix(p.name, "page ") {
			pages.bytes, pages.lines, pages.tests = pages.bytes+r.bytes, pages.lines+r.lines, pages.tests+1
			pages.leaks = append(pages.leaks, r.leaks...)
			continue
		}
		for _, m := range testLine.FindAllStringSubmatch(p.text, -1) {
			r.tests++
			if m[1] == "FAIL" {
				f.failed = append(f.failed, m[2])
			}
		}
		r.logs = len(logLine.FindAllString(p.text, -1))
		collectNames(f.kinds, kindLine, p.text)
		collectNames(f.panics, panicLine, p.text)
		collectNames(f.types, typeLine, p.text)
		f.rows = append(f.rows, r)
	}
	f.rows = append(f.rows, pages)
	if len(parts) > 0 {
		f.plant(parts[0].text, search)
	}
	return f
}

func collectNames(into map[string]bool, line *regexp.Regexp, text string) {
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		for name := range strings.SplitSeq(m[1], ", ") {
			into[strings.TrimSpace(name)] = true
		}
	}
}

// plant puts each value in each way of printing into the midst of the output: a search
// that does not find them proves nothing.
func (f *found) plant(text string, search *carddata.Search) {
	text = text[:min(len(text), 4_000)]
	middle := strings.LastIndex(text[:len(text)/2], "\n") + 1
	for _, value := range []string{carddata.PAN, carddata.Track1, carddata.Track2, carddata.PINBlock, carddata.CVV} {
		for _, way := range carddata.Ways {
			var planted strings.Builder
			way.Print(&planted, open{[]byte("0200" + value)})
			if planted.Len() == 0 {
				continue // a way for errors
			}
			f.planted[1]++
			if len(search.Find(text[:middle]+planted.String()+text[middle:])) > 0 {
				f.planted[0]++
			}
		}
	}
}

// open hides nothing.
type open struct{ Frame []byte }

func (f *found) table(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "output\tbytes\tlines\ttests or pages\tlog lines\tleaks")
	for _, r := range f.rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\n", r.name, r.bytes, r.lines, r.tests, r.logs, len(r.leaks))
	}
	_ = t.Flush() // words for people
	for _, r := range f.rows {
		for _, l := range r.leaks {
			fmt.Fprintf(w, "LEAK in %s: %s: …%q…\n", r.name, l.What, l.Around)
		}
	}
	for _, name := range f.failed {
		fmt.Fprintln(w, "FAILED:", name)
	}
	list(w, "kinds of messages", f.kinds)
	list(w, "functions that panicked with card data", f.panics)
	list(w, "types that were printed", f.types)
}

func list(w io.Writer, what string, names map[string]bool) {
	fmt.Fprintf(w, "%s (%d): %s\n", what, len(names), strings.Join(slices.Sorted(maps.Keys(names)), ", "))
}

// minima are what has to have happened.
type minima struct{ kinds, panics, types, ways, tests, logs, demoLines int }

// full are those of a whole run.
var full = minima{kinds: 45, panics: 40, types: 40, ways: 24, tests: 2_500, logs: 20_000, demoLines: 150}

func (f *found) judge(least minima) []check.Line {
	var leaks, tests, logs, demoLines int
	for _, r := range f.rows {
		leaks += len(r.leaks)
		switch r.name {
		case "tests":
			tests, logs = r.tests, r.logs
		case "demo":
			demoLines = r.logs
		}
	}
	return []check.Line{
		check.None("card data shows", leaks),
		check.None("programs and tests failed", len(f.failed)),
		check.Exactly("planted card data found", f.planted[0], max(1, f.planted[1])),
		check.AtLeast("kinds of messages with card data", len(f.kinds), least.kinds),
		check.AtLeast("functions that panicked with card data", len(f.panics), least.panics),
		check.AtLeast("types printed", len(f.types), least.types),
		check.AtLeast("ways to print", len(carddata.Ways), least.ways),
		check.AtLeast("tests", tests, least.tests),
		check.AtLeast("log lines of the tests", logs, least.logs),
		check.AtLeast("log lines of the demo", demoLines, least.demoLines),
	}
}
