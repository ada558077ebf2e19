package console_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/console"
)

// deadlines is a response whose deadline ends it, as HTTP/2 has it: whether or not
// somebody writes.
type deadlines struct {
	*httptest.ResponseRecorder
	at time.Time // zero: none
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	d.at = at
	return nil
}

// TestDeadlineIsOfAWrite: between two events a stream has no deadline that could end it.
func TestDeadlineIsOfAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := supervisor.New(nil, supervisor.Config{})
		require.NoError(t, err)
		c, err := console.New(m, console.Options{Interval: time.Hour})
		require.NoError(t, err)
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		go c.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/events", nil).WithContext(t.Context()))
		synctest.Wait()
		assert.Equal(t, 1, strings.Count(w.Body.String(), "data: {"))
		assert.Zero(t, w.at)
		c.Close()
		require.NoError(t, m.Close(t.Context()))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}

// TestTapOfALinkThatChanges: it ends, and says so; so does that of one that is removed.
// Who looks on would take it for a link without messages.
func TestTapOfALinkThatChanges(t *testing.T) {
	d := startDesk(t, console.Options{Interval: time.Hour})
	visa, amex := d.stream("/tap/visa"), d.stream("/tap/amex")
	for _, tap := range []*bufio.Reader{visa, amex} {
		_, err := tap.ReadString('\n')
		require.NoError(t, err)
	}
	changed := d.config
	changed.Links = append([]supervisor.LinkConfig{}, d.config.Links[0])
	changed.Links[0].MaxInFlight = 7
	changed.Groups = nil
	_, err := d.manager.Apply(patient(t), changed)
	require.NoError(t, err)
	for _, tap := range []*bufio.Reader{visa, amex} {
		var rest strings.Builder
		_, err := tap.WriteTo(&rest)
		require.NoError(t, err, "it ends in order")
		assert.Contains(t, rest.String(), "the link was changed or closed")
	}
	next := d.events("/tap/visa")
	next()
	require.NoError(t, d.manager.Link("visa").Await(patient(t), messages.Up))
	d.exchange()
	assert.Contains(t, next(), "sent")
}
