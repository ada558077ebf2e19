package supervisor_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails the package when a test leaves a goroutine behind. Proto.Actor
// keeps one for a second after a dead letter: so it is looked for more than
// once, about half a second each.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		var left error
		for range 10 {
			if left = goleak.Find(); left == nil {
				break
			}
		}
		if left != nil {
			fmt.Fprintln(os.Stderr, left)
			code = 1
		}
	}
	os.Exit(code)
}
