package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// testTimeout ends a run of tests that a mutation has made hang; it is red then.
const testTimeout = "120s"

// trial tries mutations on copies of one tree. It may be used by several
// goroutines, each with a folder of its own to copy to.
type trial struct {
	root string

	mu        sync.Mutex
	baselines map[string]func() error // by test command; each runs once
}

func newTrial(root string) *trial {
	return &trial{root: root, baselines: map[string]func() error{}}
}

// try tries one mutation in a new copy of the tree. The copy is new each time,
// since a red test may leave files behind that later runs would read.
func (t *trial) try(ctx context.Context, m mutation, copied string) result {
	started := time.Now()
	verdict, detail := t.judge(ctx, m, copied)
	if ctx.Err() != nil {
		// The same signal has ended the tests: red says nothing.
		verdict, detail = broken, "interrupted"
	}
	return result{mutation: m, verdict: verdict, detail: detail, took: time.Since(started)}
}

func (t *trial) judge(ctx context.Context, m mutation, copied string) (verdict, string) {
	if err := copyTree(t.root, copied); err != nil {
		return broken, err.Error()
	}
	if err := t.baseline(ctx, m, copied); err != nil {
		return broken, err.Error()
	}
	if err := change(m, copied); err != nil {
		return broken, "does not apply: " + err.Error()
	}
	if output, err := goTest(ctx, copied, m.flags, "-c", "-o", os.DevNull, m.pkg); err != nil {
		return broken, "does not compile:\n" + output
	}
	_, err := runTests(ctx, m, copied)
	var red *exec.ExitError
	switch {
	case err == nil:
		return survived, "the tests are green"
	case errors.As(err, &red):
		return killed, ""
	default:
		return broken, err.Error()
	}
}

// baseline runs the mutation's tests without the mutation, once for all mutations
// that name the same ones. Tests that are red anyway, or not there, would kill
// every mutation, or none.
func (t *trial) baseline(ctx context.Context, m mutation, copied string) error {
	command := strings.Join(append([]string{m.pkg, m.pattern}, m.flags...), "\x00")
	t.mu.Lock()
	once, known := t.baselines[command]
	if !known {
		once = sync.OnceValue(func() error { return green(ctx, m, copied) })
		t.baselines[command] = once
	}
	t.mu.Unlock()
	return once()
}

func green(ctx context.Context, m mutation, copied string) error {
	output, err := runTests(ctx, m, copied)
	if err != nil {
		return fmt.Errorf("the tests are red without the mutation (%w):\n%s", err, output)
	}
	if !strings.Contains(output, "--- PASS: ") {
		return fmt.Errorf("-run %s runs no test of %s", m.pattern, m.pkg)
	}
	return nil
}

func runTests(ctx context.Context, m mutation, copied string) (string, error) {
	return goTest(ctx, copied, m.flags, "-v", "-count=1", "-timeout", testTimeout, "-run", m.pattern, m.pkg)
}

// goTest runs go test in a copy and returns what it printed. Vet is off: a mutation
// that only vet dislikes has not been noticed by a test.
func goTest(ctx context.Context, copied string, flags []string, args ...string) (string, error) {
	args = append(append([]string{"test", "-vet=off"}, flags...), args...)
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = copied
	command.Env = append(os.Environ(), "GOWORK=off")
	command.WaitDelay = 5 * time.Second
	output, err := command.CombinedOutput()
	return string(output), err
}

func change(m mutation, copied string) error {
	name := filepath.Join(copied, filepath.FromSlash(m.file))
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	changed, err := m.apply(string(text))
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(changed), 0o600)
}
