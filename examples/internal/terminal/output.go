// Package terminal is where the programs of the examples write to in their tests.
package terminal

import (
	"bytes"
	"context"
	"regexp"
	"sync"
)

// Output takes what a program prints. It is written to by several goroutines, as a
// terminal is. The zero value is ready to use.
type Output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed at the next write; nil: nobody waits for it
}

// Write never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
	return o.text.Write(p)
}

// String is all that was written until now.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Await waits until what was written matches a regular expression, and returns the
// first match and its groups; or the context's error.
func (o *Output) Await(ctx context.Context, expression string) ([]string, error) {
	pattern := regexp.MustCompile(expression)
	for {
		o.mu.Lock()
		found := pattern.FindStringSubmatch(o.text.String())
		if o.changed == nil {
			o.changed = make(chan struct{})
		}
		changed := o.changed
		o.mu.Unlock()
		if found != nil {
			return found, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
