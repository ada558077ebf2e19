package traffic

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progressWidth is the longest line that is rewritten, in characters.
const progressWidth = 110

// Progress prints a line each second: on a terminal one that is rewritten,
// elsewhere one after the other.
type Progress struct {
	out     io.Writer
	rewrite bool
	line    func() string
	done    chan struct{}
	running sync.WaitGroup
}

// StartProgress begins. line is called each second, from a goroutine; the
// caller calls Stop. With plain, lines are never rewritten: something else
// writes to out too.
func StartProgress(out io.Writer, plain bool, line func() string) *Progress {
	return startProgress(out, !plain && isTerminal(out), line)
}

func startProgress(out io.Writer, rewrite bool, line func() string) *Progress {
	p := &Progress{out: out, rewrite: rewrite, line: line, done: make(chan struct{})}
	p.running.Go(p.run)
	return p
}

func (p *Progress) run() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for second := 1; ; second++ {
		select {
		case <-ticker.C:
			p.print(fmt.Sprintf("%3d s: %s", second, p.line()))
		case <-p.done:
			return
		}
	}
}

func (p *Progress) print(text string) {
	if p.rewrite {
		fmt.Fprintf(p.out, "\r%-*s", progressWidth, text)
		return
	}
	fmt.Fprintln(p.out, text)
}

// Stop ends it, and takes the rewritten line away.
func (p *Progress) Stop() {
	close(p.done)
	p.running.Wait()
	if p.rewrite {
		fmt.Fprintf(p.out, "\r%*s\r", progressWidth, "")
	}
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
