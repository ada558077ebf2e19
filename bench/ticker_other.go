//go:build !linux

package main

import "time"

// ticker wakes one goroutine again and again, as well as the runtime can.
type ticker struct{ *time.Ticker }

func newTicker(interval time.Duration) (ticker, error) { return ticker{time.NewTicker(interval)}, nil }

// wait waits for the next tick; those that nobody waited for are one.
func (t ticker) wait() error { <-t.C; return nil }

func (t ticker) stop() { t.Stop() }
