package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/testdata"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// part is the output of one program.
type part struct {
	name string
	text string
	err  error // how the program ended
}

// collect runs the programs, and returns all that they have printed.
func collect(ctx context.Context, o options) ([]part, error) {
	pages, err := os.MkdirTemp("", "isolink-pages-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(pages) }() // a temporary folder that stays is no finding
	parts := []part{
		output(ctx, o, "tests", []string{"ISOLINK_LOGS=1", "ISOLINK_PAGES=" + pages},
			append([]string{"test", "-count=1", "-v"}, o.packages...)),
	}
	if o.demo > 0 {
		parts = append(parts, output(ctx, o, "demo", nil,
			[]string{"run", "./examples/demo", "-v", "-seconds", fmt.Sprint(int(o.demo.Seconds()))}))
	}
	files, err := filepath.Glob(filepath.Join(pages, "*"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{"page " + filepath.Base(file), string(text), nil})
	}
	return parts, nil
}

// output runs go, and returns both of its outputs together. When ctx ends, so do go and
// what it has started.
func output(ctx context.Context, o options, name string, env, args []string) part {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = o.root, append(os.Environ(), append(env, "GOWORK=off")...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	text, err := cmd.CombinedOutput()
	return part{name, string(text), err}
}

// searchDemoToo is the search for what the tests send, and for the numbers of the
// demo's cards.
func searchDemoToo() (*carddata.Search, error) {
	lines, err := testdata.Files.ReadFile("transactions.hex")
	if err != nil {
		return nil, err
	}
	numbers := slices.Clone(carddata.OtherPANs)
	for line := range strings.FieldsSeq(string(lines)) {
		frame, err := hex.DecodeString(line)
		if err != nil {
			return nil, err
		}
		msg := iso8583.NewMessage(spec87.Spec)
		if err := msg.Unpack(frame); err != nil {
			return nil, err
		}
		if number, err := msg.GetString(2); err == nil && number != "" && !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	return carddata.NewSearch(numbers...), nil
}
