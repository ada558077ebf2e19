// Package console_test drives the console of a manager as its users do: by a browser,
// Debian's chromium, and by Debian's Prometheus. Where they are missing the tests skip.
package console_test

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/isolink-go/isolink/testdata/leaktest"
)

// TestMain fails the package when a test leaves a goroutine behind.
func TestMain(m *testing.M) { leaktest.Main(m) }

// patience is how long a test waits for what must come, however busy the machine is.
const patience = 30 * time.Second

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// program is the path of the first of these programs that is there; without one the
// test is skipped.
func program(t *testing.T, debian string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("%s is missing (Debian, Ubuntu: apt-get install %s)", names[0], debian)
	return ""
}
