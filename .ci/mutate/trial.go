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

// runs is how often a mutation's tests run until one is red: those of races and of
// random values notice it by chance.
const runs = 3

// trial tries mutations on copies of one tree. It may be used by several
// goroutines, each with a folder of its own to copy to.
type trial struct {
	root   string
	folder string // for what is built of the tree as it is

	mu        sync.Mutex
	baselines map[string]func() error           // by package, flags and tests; each runs once
	binaries  map[string]func() (string, error) // by package and flags; each is built once
}

func newTrial(root, folder string) *trial {
	return &trial{
		root: root, folder: folder,
		baselines: make(map[string]func() error), binaries: make(map[string]func() (string, error)),
	}
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
	binary := filepath.Join(filepath.Dir(copied), "mutated.test")
	if err := build(ctx, m, copied, binary); err != nil {
		return broken, "does not compile:\n" + err.Error()
	}
	for run := range runs {
		_, err := runTests(ctx, m, copied, binary)
		var red *exec.ExitError
		switch {
		case errors.As(err, &red) && run > 0:
			return killed, fmt.Sprintf("in run %d of %d only: its tests may be green by chance", run+1, runs)
		case errors.As(err, &red):
			return killed, ""
		case err != nil:
			return broken, err.Error()
		}
	}
	return survived, fmt.Sprintf("the tests are green, %d times", runs)
}

// baseline runs the mutation's tests without the mutation, once for all mutations
// that name the same ones. Tests that are red anyway, or not there, would kill
// every mutation, or none.
func (t *trial) baseline(ctx context.Context, m mutation, copied string) error {
	of := strings.Join(append([]string{m.pkg}, m.flags...), "\x00")
	t.mu.Lock()
	built, known := t.binaries[of]
	if !known {
		binary := filepath.Join(t.folder, fmt.Sprintf("baseline-%d.test", len(t.binaries)))
		built = sync.OnceValues(func() (string, error) { return binary, build(ctx, m, copied, binary) })
		t.binaries[of] = built
	}
	once, known := t.baselines[of+"\x00"+m.pattern]
	if !known {
		once = sync.OnceValue(func() error {
			binary, err := built()
			if err != nil {
				return fmt.Errorf("does not compile without the mutation:\n%w", err)
			}
			return green(ctx, m, copied, binary)
		})
		t.baselines[of+"\x00"+m.pattern] = once
	}
	t.mu.Unlock()
	return once()
}

func green(ctx context.Context, m mutation, copied, binary string) error {
	output, err := runTests(ctx, m, copied, binary)
	if err != nil {
		return fmt.Errorf("the tests are red without the mutation (%w):\n%s", err, output)
	}
	if !strings.Contains(output, "--- PASS: ") {
		return fmt.Errorf("-run %s runs no test of %s", m.pattern, m.pkg)
	}
	return nil
}

// build makes the binary of the package's tests. Vet is not run: a mutation that only
// vet dislikes has not been noticed by a test.
func build(ctx context.Context, m mutation, copied, binary string) error {
	args := append(append([]string{"test", "-vet=off"}, m.flags...), "-c", "-o", binary, m.pkg)
	if output, err := execute(ctx, copied, "go", args...); err != nil {
		return errors.New(output)
	}
	return nil
}

// runTests runs the mutation's tests, and returns what they printed.
func runTests(ctx context.Context, m mutation, copied, binary string) (string, error) {
	return execute(ctx, filepath.Join(copied, filepath.FromSlash(m.pkg)), binary,
		"-test.v", "-test.paniconexit0", "-test.timeout="+testTimeout, "-test.run="+m.pattern)
}

func execute(ctx context.Context, folder, program string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = folder
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
