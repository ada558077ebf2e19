package supervisor_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// What FuzzConfig fills.
const (
	fuzzedLink = iota
	fuzzedAcceptor
	fuzzedGroup
	fuzzedKinds
)

// FuzzConfig judges a configuration that was right and is changed in any of its
// fields: each fault is a ConfigError that names who has it, and where. What is
// accepted starts, connects and stops, in time, and leaves nothing behind.
func FuzzConfig(f *testing.F) {
	for kind := range byte(fuzzedKinds) {
		f.Add(kind, []byte{}, "")
		for at := range 110 {
			data := make([]byte, at+2)
			data[at] = byte(at%9 + 1)
			f.Add(kind, data, "a name")
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, data []byte, text string) {
		fill := &filler{data, text}
		synctest.Test(t, func(t *testing.T) {
			switch kind % fuzzedKinds {
			case fuzzedLink:
				fuzzLinkConfig(t, fill)
			case fuzzedAcceptor:
				fuzzAcceptorConfig(t, fill)
			case fuzzedGroup:
				fuzzGroupConfig(t, fill)
			}
			time.Sleep(time.Minute) // fake: what timers are left run out
		})
	})
}

// pipeLink is the configuration of a link that comes up.
func pipeLink(name string) supervisor.LinkConfig {
	return supervisor.LinkConfig{
		Name: name, Addrs: []string{"pipe:1"}, Spec: spec, Framing: binary2, Logger: quiet, Dial: dialSilent,
		Handler: answering,
	}
}

// dialSilent connects to a host that takes everything and says nothing.
func dialSilent(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	go func() {
		_, _ = io.Copy(io.Discard, far)
		_ = far.Close()
	}()
	return near, nil
}

func fuzzLinkConfig(t *testing.T, fill *filler) {
	c := pipeLink("link")
	fill.fill(reflect.ValueOf(&c).Elem())
	if err := c.Validate(); err != nil {
		judgeFaults(t, err, c.Name)
		_, err = supervisor.New(fuzzSystem, supervisor.Config{Links: []supervisor.LinkConfig{c}, Logger: quiet})
		require.Error(t, err, "what Validate refuses does not start")
		judgeFaults(t, err, cmp.Or(c.Name, "Links[0]"))
		return
	}
	if c.Accept == "" { // to nowhere else
		c.Dial, c.LocalAddr = dialSilent, ""
	}
	m, err := supervisor.New(fuzzSystem, supervisor.Config{Links: []supervisor.LinkConfig{c}, Logger: quiet})
	require.NoError(t, err, "what Validate accepts starts")
	stopFuzzed(t, m)
}

func fuzzAcceptorConfig(t *testing.T, fill *filler) {
	c := supervisor.AcceptorConfig{
		Name: "acceptor", Addr: "127.0.0.1:0", Session: supervisor.LinkConfig{Spec: spec, Framing: binary2, Logger: quiet},
	}
	fill.fill(reflect.ValueOf(&c).Elem())
	m, err := supervisor.New(fuzzSystem, supervisor.Config{Logger: quiet})
	require.NoError(t, err)
	valid := c.Validate()
	listener := newPipeListener()
	c.Addr, c.Listener = "", listener // no port
	if valid != nil {
		judgeFaults(t, valid, c.Name)
		stopFuzzed(t, m)
		return
	}
	_, err = m.Listen(c)
	require.NoError(t, err, "what Validate accepts starts")
	conn := dialled(t, listener)
	require.NoError(t, conn.Close())
	stopFuzzed(t, m)
}

func fuzzGroupConfig(t *testing.T, fill *filler) {
	c := supervisor.GroupConfig{Name: "group", Links: []string{"a", "b"}}
	fill.fill(reflect.ValueOf(&c).Elem())
	m, err := supervisor.New(fuzzSystem, supervisor.Config{
		Links: []supervisor.LinkConfig{pipeLink("a"), pipeLink("b")}, Groups: []supervisor.GroupConfig{c}, Logger: quiet,
	})
	if err != nil {
		judgeFaults(t, err, c.Name)
		return
	}
	stopFuzzed(t, m)
}

// stopFuzzed lets a manager come to rest without a wait, and closes it.
func stopFuzzed(t *testing.T, m *supervisor.Manager) {
	t.Helper()
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	require.NoError(t, m.Close(ctx))
}

// judgeFaults wants each fault to be told as the configuration's own.
func judgeFaults(t *testing.T, err error, name string) {
	t.Helper()
	faults := 0
	for _, e := range unwrapAll(err) {
		if _, joined := e.(interface{ Unwrap() []error }); joined {
			continue
		}
		var fault *messages.ConfigError
		require.True(t, errors.As(e, &fault), "%T: %v", e, e)
		faults++
		if name != "" {
			assert.Equal(t, name, fault.Link)
		}
		assert.NotEmpty(t, fault.Field)
		assert.NotEmpty(t, fault.Problem)
	}
	require.Positive(t, faults)
}
