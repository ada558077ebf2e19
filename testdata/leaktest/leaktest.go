// Package leaktest fails the tests of a package that leave a goroutine behind.
package leaktest

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main is a TestMain. Proto.Actor keeps a goroutine for a second after a dead
// letter: so they are looked for more than once, about half a second each.
func Main(m *testing.M) {
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
