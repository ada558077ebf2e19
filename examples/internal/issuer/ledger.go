package issuer

import (
	"crypto/sha256"
	"fmt"
	"io"
	"sync"
	"time"
)

// Stage is how far the host was with a request when it wrote a line.
type Stage uint8

// The stages. A request can have several replies.
const (
	Received Stage = iota // nothing was done with it yet
	Replying              // this reply is about to be written
	Replied               // all of it was handed to the network
)

// String is the stage's name in a line.
func (s Stage) String() string {
	return [...]string{"received", "replying", "replied", "unknown"}[min(s, Replied+1)]
}

// Entry is a line of a ledger. It holds nothing of the message but what tells it
// from others.
type Entry struct {
	Stage     Stage
	Conn      int    // number of the connection among those of the host, from 1
	MTI       string // of the request
	STAN      string // field 11; empty where it has none
	Reference string // field 37; empty where it has none
	Digest    [sha256.Size]byte
}

// Ledger is where a host writes what it sees and does.
type Ledger interface {
	// Log adds a line. It is called from many goroutines. What it fails for is not
	// done.
	Log(Entry) error
}

// Lines is a ledger that writes a line of text for each entry.
type Lines struct {
	mu sync.Mutex
	to io.Writer
}

// NewLines writes to that writer, one line with each call.
func NewLines(to io.Writer) *Lines { return &Lines{to: to} }

// Log writes a line. It returns the writer's error.
func (l *Lines) Log(e Entry) error {
	// What a peer says is quoted: it may hold anything.
	line := fmt.Appendf(nil, "%s %s connection %d: %s STAN %q reference %q digest %x\n",
		time.Now().UTC().Format(time.RFC3339Nano), e.Stage, e.Conn, e.MTI, e.STAN, e.Reference, e.Digest)
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.to.Write(line)
	return err
}

// nowhere is the ledger of a host that has none.
type nowhere struct{}

func (nowhere) Log(Entry) error { return nil }
