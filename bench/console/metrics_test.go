package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/console"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// busyDesk is a desk under load until the test ends: visa answers, amex is paused, and
// the host of mute never answers.
func busyDesk(t *testing.T) *desk {
	t.Helper()
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}, Handle: linktest.Drop()})
	t.Cleanup(host.Close)
	d := newDesk(t, console.Options{}, func(c *supervisor.Config) {
		c.Links = append(c.Links, supervisor.LinkConfig{
			Name: "mute", Addrs: []string{host.Addr()}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
			SendTimeout: 100 * time.Millisecond, LateWindow: time.Second,
		})
	})
	require.NoError(t, d.manager.Link("amex").Pause(patient(t)))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	for link, expected := range map[string]error{"visa": nil, "amex": messages.ErrNotSent, "mute": messages.ErrInDoubt} {
		running.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				err := d.exchange(ctx, link, fmt.Sprintf("%06d", n))
				// Where the machine stood still, its time was over before it was sent.
				stoodStill := link == "mute" && errors.Is(err, messages.ErrTimeout)
				if ctx.Err() == nil && !errors.Is(err, expected) && !stoodStill {
					t.Errorf("%s: %v", link, err)
					return
				}
				select {
				case <-time.After(5 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		})
	}
	return d
}

// TestPrometheus: one that scrapes the console gives rates by link and outcome, and
// percentiles, and says what an alert asks for.
func TestPrometheus(t *testing.T) {
	d := busyDesk(t)
	p := newPrometheus(t, strings.TrimPrefix(d.server.URL, "http://"))
	p.await(`up{job="isolink"} == 1`, 1)

	rates := p.await(`sum by (link, outcome) (rate(isolink_link_exchanges_total[5s])) > 0`, 3, "link", "outcome")
	for _, outcome := range []string{"visa answered", "amex not_sent", "mute in_doubt"} {
		assert.Positive(t, rates[outcome], outcome)
	}
	p99 := p.await(`histogram_quantile(0.99, sum by (link, le) (rate(isolink_exchange_duration_seconds_bucket{link="visa"}[5s])))`, 1, "link")
	assert.LessOrEqual(t, p99["visa"], 60.0)
	t.Logf("rates a second: %v; p99 in seconds: %v", rates, p99)

	states := p.await(`isolink_link_state == 1`, 3, "link", "state")
	assert.Equal(t, map[string]float64{"visa up": 1, "amex paused": 1, "mute up": 1}, states)

	// The alerts of the README.
	p.await(`isolink_group_links_up < isolink_group_links_min_up`, 1, "group")
	p.await(`count by (link) (isolink_link_state{state="up"} == 0)`, 1, "link")
	p.await(`sum by (link) (rate(isolink_link_exchanges_total{outcome="in_doubt"}[5m])) > 0`, 1, "link")
}

// TestPromtool: Debian's checker has nothing to say of the metrics.
func TestPromtool(t *testing.T) {
	path := program(t, "prometheus", "promtool")
	d := busyDesk(t)
	require.Eventually(t, func() bool { return d.manager.Link("visa").Status().Counters.Answered > 0 }, patience, time.Millisecond)
	r, err := http.NewRequestWithContext(patient(t), http.MethodGet, d.url+"metrics", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	command := exec.CommandContext(patient(t), path, "check", "metrics")
	command.Stdin = response.Body
	said, err := command.CombinedOutput()
	require.NoError(t, err, "%s", said)
	assert.Empty(t, string(said))
}
