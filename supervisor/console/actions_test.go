package console_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/console"
)

// TestReadOnly: without an authorizer nobody does anything.
func TestReadOnly(t *testing.T) {
	d := startDesk(t, console.Options{})
	response := d.ask(http.MethodPost, "/api/links/visa/pause")
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	assert.Equal(t, messages.Up, d.manager.Link("visa").Status().State)
}

// audits are what a console was asked to do.
type audits struct {
	mu  sync.Mutex
	all []console.Audit
}

func (a *audits) add(one console.Audit) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, one)
}

func (a *audits) last(t *testing.T) console.Audit {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	require.NotEmpty(t, a.all)
	return a.all[len(a.all)-1]
}

var errWhoAreYou = errors.New("who are you?")

// withKey lets those act who have the key.
func withKey(r *http.Request, _ console.Action) error {
	if r.Header.Get("Authorization") != "key" {
		return errWhoAreYou
	}
	return nil
}

// TestActions: who may, does; who may not, is refused; both are on record.
func TestActions(t *testing.T) {
	var record audits
	d := startDesk(t, console.Options{Authorize: withKey, Audit: record.add})
	assert.Len(t, d.object("/api/status")["actions"], 6)
	visa := d.manager.Link("visa")

	response := d.ask(http.MethodPost, "/api/links/visa/pause")
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, "who are you?\n", string(body))
	refused := record.last(t)
	assert.False(t, refused.Allowed)
	require.ErrorIs(t, refused.Err, errWhoAreYou)
	assert.Equal(t, "visa", refused.Link)
	assert.NotEmpty(t, refused.Remote)
	assert.Equal(t, messages.Up, visa.Status().State)

	for _, step := range []struct {
		action string
		state  messages.State
	}{
		{"pause", messages.Paused},
		{"resume", messages.Up},
		{"restart", messages.Up},
		{"signoff", messages.SignedOff},
		{"signon", messages.Up},
	} {
		response := d.ask(http.MethodPost, "/api/links/visa/"+step.action, "Authorization", "key")
		require.Equal(t, http.StatusNoContent, response.StatusCode, step.action)
		require.NoError(t, visa.Await(patient(t), step.state), step.action)
		done := record.last(t)
		assert.Equal(t, console.Action(step.action), done.Action)
		assert.True(t, done.Allowed)
		require.NoError(t, done.Err)
	}

	response = d.ask(http.MethodPost, "/api/links/visa/echo", "Authorization", "key")
	assert.Equal(t, http.StatusConflict, response.StatusCode, "it has no echo")
	require.ErrorIs(t, record.last(t).Err, messages.ErrNoRequest)
	for _, path := range []string{"/api/links/visa/explode", "/api/links/nobody/pause"} {
		response := d.ask(http.MethodPost, path, "Authorization", "key")
		assert.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}
}

// TestActionsFromOtherPages: a browser that another site tells to act is refused,
// whatever it may do here.
func TestActionsFromOtherPages(t *testing.T) {
	var record audits
	d := startDesk(t, console.Options{Authorize: withKey, Audit: record.add})
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://elsewhere.example"},
	} {
		response := d.ask(http.MethodPost, "/api/links/visa/pause", append(header, "Authorization", "key")...)
		assert.Equal(t, http.StatusForbidden, response.StatusCode, header)
	}
	assert.Empty(t, record.all)
	assert.Equal(t, messages.Up, d.manager.Link("visa").Status().State)
	response := d.ask(http.MethodPost, "/api/links/visa/pause", "Sec-Fetch-Site", "same-origin", "Authorization", "key")
	assert.Equal(t, http.StatusNoContent, response.StatusCode)
}

// TestClosedConsoleCutsNothingShort: what an operator has asked for goes on, is answered
// and on record; what was in flight is answered.
func TestClosedConsoleCutsNothingShort(t *testing.T) {
	var record audits
	d := startDesk(t, console.Options{Authorize: withKey, Audit: record.add}, func(c *supervisor.LinkConfig) { c.SendTimeout = patience })
	answer := make(chan struct{})
	d.answer.Store(&answer)
	visa := d.manager.Link("visa")
	msg, sent := payment(t, pan), make(chan error, 1)
	go func() {
		_, err := visa.Send(context.Background(), msg)
		sent <- err
	}()
	require.Eventually(t, func() bool { return visa.Status().InFlight == 1 }, patience, time.Millisecond)
	paused := make(chan int, 1)
	go func() { paused <- d.ask(http.MethodPost, "/api/links/visa/pause", "Authorization", "key").StatusCode }()
	require.NoError(t, visa.Await(patient(t), messages.Draining))
	d.console.Close()
	close(answer)
	require.NoError(t, <-sent)
	assert.Equal(t, http.StatusNoContent, <-paused)
	require.NoError(t, record.last(t).Err)
}
