package main

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"time"
)

const leftWithin = 10 * time.Second

// close ends all, and looks at what isolink has left.
func (r *run) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if r.manager != nil {
		r.after.closing = r.manager.Close(ctx)
		for _, l := range r.manager.Links() {
			add(&r.after.links, l.Status().Counters)
		}
		for _, g := range r.manager.Groups() {
			r.after.group += g.Status().PassedOn
		}
	}
	if r.issuers != nil {
		if err := r.issuers.Close(ctx); r.after.closing == nil {
			r.after.closing = err
		}
		add(&r.after.links, r.issuer.Status().Counters)
	}
	r.answering.Wait()
	end := time.Now().Add(leftWithin)
	for r.left() > 0 && time.Now().Before(end) {
		time.Sleep(10 * time.Millisecond)
	}
	for _, h := range r.hosts {
		h.close()
	}
	for _, l := range r.lanes {
		if l.proxy != nil {
			_ = l.proxy.down() // one that hangs was replaced, and is of no interest
		}
	}
}

// left counts the goroutines and sockets of isolink.
func (r *run) left() int {
	stacks := isolinkStacks()
	r.after.goroutines, r.after.stacks = len(stacks), strings.Join(stacks, "\n\n")
	r.after.sockets = r.sockets.open()
	return r.after.goroutines + r.after.sockets
}

// isolinkStacks are those of the goroutines that isolink, or its actor system, has
// started or is in.
func isolinkStacks() (found []string) {
	all := make([]byte, 1<<20)
	for {
		n := runtime.Stack(all, true)
		if n < len(all) {
			all = all[:n]
			break
		}
		all = make([]byte, 2*len(all))
	}
	for stack := range bytes.SplitSeq(all, []byte("\n\n")) {
		for _, of := range []string{"isolink/actors.", "isolink/supervisor.", "isolink/messages.", "protoactor-go/"} {
			if bytes.Contains(stack, []byte(of)) {
				found = append(found, string(stack))
				break
			}
		}
	}
	return found
}
