package console_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor/console"
)

const pan = "4111111111111111"

// TestOptions: what is out of range is refused, what is zero has its default.
func TestOptions(t *testing.T) {
	_, err := console.New(nil, console.Options{Interval: 99 * time.Millisecond})
	require.ErrorContains(t, err, "Interval")
	d := startDesk(t, console.Options{})
	assert.Equal(t, "isolink", d.object("/api/status")["title"])
	assert.Equal(t, []any{}, d.object("/api/status")["actions"])
}

// TestPage comes whole from the console: no outside assets, and no other page may
// hold it.
func TestPage(t *testing.T) {
	d := startDesk(t, console.Options{})
	for path, kind := range map[string]string{"/": "text/html", "/app.js": "text/javascript", "/style.css": "text/css"} {
		response := d.ask(http.MethodGet, path)
		assert.Equal(t, http.StatusOK, response.StatusCode, path)
		assert.Contains(t, response.Header.Get("Content-Type"), kind)
		assert.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'self'")
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		for _, outside := range []string{"https://", "src=\"/", "href=\"/"} {
			assert.NotContains(t, string(body), outside, path)
		}
	}
	status, _ := d.text("/nothing")
	assert.Equal(t, http.StatusNotFound, status)
}

// TestStatus has what the page shows, and a link's page more of it.
func TestStatus(t *testing.T) {
	d := startDesk(t, console.Options{Title: "East", Interval: 100 * time.Millisecond})
	d.exchange()
	s := d.object("/api/status")
	assert.Equal(t, "East", s["title"])
	visa := visaOf(t, s)
	assert.Equal(t, "up", visa["state"])
	assert.Equal(t, d.hosts["visa"].Addr(), visa["peer"])
	assert.Nil(t, visa["nextAttempt"])
	group := s["groups"].([]any)[0].(map[string]any)
	assert.Equal(t, "cards", group["name"])
	assert.InDelta(t, 2, group["up"], 0)
	assert.Equal(t, false, group["degraded"])
	require.Eventually(t, func() bool {
		return len(visaOf(t, d.object("/api/status"))["lines"].([]any)) > 1
	}, patience, time.Millisecond)

	detail := d.object("/api/links/visa")
	assert.Equal(t, "visa", detail["name"])
	tally := detail["tallies"].([]any)[0].(map[string]any)
	assert.Equal(t, "0200", tally["mti"])
	assert.InDelta(t, 1, tally["answered"], 0)
	assert.InDelta(t, 1, detail["lastMinute"].(map[string]any)["count"], 0)
	assert.Nil(t, detail["tls"])
	status, _ := d.text("/api/links/nobody")
	assert.Equal(t, http.StatusNotFound, status)
}

// TestLinkIsCut: the page is told that it is down, why, and when the next attempt is;
// readiness and timeline say so too.
func TestLinkIsCut(t *testing.T) {
	d := startDesk(t, console.Options{Interval: 100 * time.Millisecond}, keepDown)
	next := d.events("/events")
	assert.Equal(t, "up", visaOf(t, parse(t, next()))["state"])
	status, text := d.text("/readyz")
	assert.Equal(t, http.StatusOK, status, text)

	conn, err := d.hosts["visa"].WaitConn(patient(t), 1)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	var visa map[string]any
	for visa = visaOf(t, parse(t, next())); visa["state"] != "waiting"; visa = visaOf(t, parse(t, next())) {
		require.Equal(t, "up", visa["state"])
	}
	assert.NotNil(t, visa["lastFailed"])
	assert.Contains(t, visa["lastError"], messages.ErrPeerClosed.Error())

	status, text = d.text("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, "group cards: 1 of 2 links are up\n", text)
	status, _ = d.text("/healthz")
	assert.Equal(t, http.StatusOK, status)
	for visa["nextAttempt"] == nil { // it is known a moment later than the state
		visa = visaOf(t, parse(t, next()))
	}
	require.Eventually(t, func() bool { // observers are told behind the status
		timeline := d.object("/api/links/visa")["timeline"].([]any)
		return len(timeline) > 0 && strings.HasPrefix(timeline[0].(map[string]any)["text"].(string), "up → waiting: ")
	}, patience, time.Millisecond)
}

// TestChangesArePushed: that a link is down, why, and when it tries again does not wait
// for the Interval; nor does that it is up again.
func TestChangesArePushed(t *testing.T) {
	d := startDesk(t, console.Options{Interval: time.Hour}, keepDown)
	next := d.events("/events")
	assert.Equal(t, "up", visaOf(t, parse(t, next()))["state"])
	conn, err := d.hosts["visa"].WaitConn(patient(t), 1)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	visa := visaOf(t, parse(t, next()))
	for visa["state"] == "up" { // that it came up may be told late
		visa = visaOf(t, parse(t, next()))
	}
	assert.Equal(t, "waiting", visa["state"])
	assert.Contains(t, visa["lastError"], messages.ErrPeerClosed.Error())
	require.NoError(t, d.manager.Link("visa").Restart(patient(t)))
	for visa["state"] != "up" {
		visa = visaOf(t, parse(t, next()))
	}
	assert.InDelta(t, 1, visa["restarts"], 0)
}

// TestMetrics are what Prometheus can read, and its own linter has nothing to say of.
func TestMetrics(t *testing.T) {
	d := startDesk(t, console.Options{})
	d.exchange()
	_, text := d.text("/metrics")
	for _, line := range []string{
		`isolink_link_state{link="visa",state="up"} 1`,
		`isolink_link_state{link="visa",state="waiting"} 0`,
		`isolink_link_exchanges_total{link="visa",mti="0200",outcome="answered"} 1`,
		`isolink_link_exchanges_total{link="visa",mti="0200",outcome="in_doubt"} 0`,
		`isolink_exchange_duration_seconds_count{link="visa"} 1`,
		`isolink_exchange_duration_seconds_bucket{link="visa",le="60"} 1`,
		`isolink_exchange_duration_seconds_count{link="amex"} 0`,
		`isolink_group_links_up{group="cards"} 2`,
		`isolink_link_queued{link="visa"} 0`,
		`isolink_link_events_dropped_total{link="visa"} 0`,
		`isolink_link_log_left_out_total{link="visa"} 0`,
	} {
		assert.Contains(t, text, line+"\n")
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)
}

// TestTap streams the messages of a link, with card data masked, until its viewer has
// gone.
func TestTap(t *testing.T) {
	d := startDesk(t, console.Options{})
	next := d.events("/tap/visa")
	assert.Contains(t, next(), "the messages of visa")
	d.exchange()
	for _, way := range []string{"sent", "received"} {
		text := next()
		assert.Contains(t, text, "visa session 1: "+way)
		assert.Contains(t, text, "F11")
		assert.NotContains(t, text, pan)
	}
	status, _ := d.text("/tap/nobody")
	assert.Equal(t, http.StatusNotFound, status)
}

// TestMaxViewers: no more pages and taps than that are served at a time.
func TestMaxViewers(t *testing.T) {
	d := startDesk(t, console.Options{MaxViewers: 2})
	first, second := d.events("/events"), d.events("/tap/visa")
	first()
	second()
	for _, path := range []string{"/events", "/tap/amex"} {
		status, _ := d.text(path)
		assert.Equal(t, http.StatusServiceUnavailable, status)
	}
	status, _ := d.text("/api/status")
	assert.Equal(t, http.StatusOK, status)
}
