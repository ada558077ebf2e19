package console_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/console"
)

// TestPageOfALinkThatIsCut: within a second of the link's own event the page says, in words, that
// it is down, why, and when it tries again; and later that it is up. The page's Interval
// is far longer.
func TestPageOfALinkThatIsCut(t *testing.T) {
	b := newBrowser(t)
	changes := make(chan *messages.StateChanged, 1000)
	d := newDesk(t, console.Options{Interval: time.Hour}, func(c *supervisor.Config) {
		c.Links[0].OnState = func(m *messages.StateChanged) { changes <- m }
	})
	// seen waits for a change, and is how long after it the page had shown it.
	seen := func(to messages.State) time.Duration {
		for {
			select {
			case m := <-changes:
				if m.To == to {
					return b.told().Sub(m.At)
				}
			case <-time.After(patience):
				t.Fatalf("the link is not %v", to)
			}
		}
	}
	b.open(d.url)
	b.await(`text("summary") === "2 of 2 links are up."`)
	assert.Equal(t, "status", eval[string](b, `document.getElementById("summary").role`), "it is read out when it changes")

	// A busy machine is slow at times: the best of a few counts.
	down, up := time.Hour, time.Hour
	for n := 0; n < 10 && max(down, up) >= time.Second; n++ {
		for len(changes) > 0 {
			<-changes
		}
		// Refused: the next attempt was due by the time that a slow page looked.
		b.expect(`cellOf("visa", "State").startsWith("○ waiting") && /closed|refused/.test(cellOf("visa", "Last error")) &&
			/^in \d/.test(cellOf("visa", "Next attempt")) && text("summary") === "1 of 2 links are up. Not up: visa. Too few links in cards."`)
		d.stop(t)
		down = min(down, seen(messages.Waiting))
		assert.Equal(t, "visa", see[string](b, `links()[0].querySelector("a").textContent`), "what is down comes first")
		assert.Contains(t, see[string](b, `text("groups")`), "▲ too few: 1 of 2 up")
		before := see[string](b, `cellOf("visa", "Next attempt")`)
		b.await(`cellOf("visa", "Next attempt") !== ` + quoted(before)) // it counts down

		b.expect(`cellOf("visa", "State").startsWith("● up") && text("summary") === "2 of 2 links are up."`)
		d.start(t)
		up = min(up, seen(messages.Up))
	}
	t.Logf("the page showed after %v that the link is down, after %v that it is up", down, up)
	assert.Less(t, down, time.Second)
	assert.Less(t, up, time.Second)
}

// TestPageOfAConsoleThatIsGone says so, and follows again when it is back: after its
// connection has ended, and after a proxy has answered in its place.
func TestPageOfAConsoleThatIsGone(t *testing.T) {
	b := newBrowser(t)
	d := newDesk(t, console.Options{})
	var gone atomic.Bool
	refused := make(chan struct{}, 1000)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			w.WriteHeader(http.StatusBadGateway)
			refused <- struct{}{}
			return
		}
		d.server.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	t.Cleanup(proxy.CloseClientConnections)
	b.open(proxy.URL + "/desk/")
	b.await(`text("summary") === "2 of 2 links are up."`)
	for _, answers := range []bool{false, true} {
		gone.Store(answers)
		b.expect(`text("summary").startsWith("The connection to the console is lost")`)
		proxy.CloseClientConnections()
		b.told()
		if answers {
			select {
			case <-refused: // the browser itself gives up
			case <-time.After(patience):
				t.Fatal("the page does not try again")
			}
		}
		d.stop(t)
		require.NoError(t, d.manager.Link("visa").Await(patient(t), messages.Waiting))
		gone.Store(false)
		b.await(`text("summary").startsWith("1 of 2 links are up.")`)
		d.start(t)
		b.await(`text("summary") === "2 of 2 links are up."`)
	}
}
