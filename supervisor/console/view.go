package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// overview is what the page shows, as JSON. Times are RFC 3339, durations milliseconds.
type overview struct {
	Title     string         `json:"title"`
	At        time.Time      `json:"at"`
	Actions   []Action       `json:"actions"` // none: read-only
	Links     []linkView     `json:"links"`
	Groups    []groupView    `json:"groups"`
	Acceptors []acceptorView `json:"acceptors"`
}

type linkView struct {
	Name        string     `json:"name"`
	State       string     `json:"state"`
	Since       time.Time  `json:"since"`
	Peer        string     `json:"peer"`
	Session     uint64     `json:"session"`
	Restarts    uint64     `json:"restarts"` // sessions after the first
	InFlight    int64      `json:"inFlight"`
	Queued      int64      `json:"queued"`
	InDoubt     int64      `json:"inDoubt"`
	LastError   string     `json:"lastError"`
	LastFailed  *time.Time `json:"lastFailed"`
	NextAttempt *time.Time `json:"nextAttempt"`
	Lines       []point    `json:"lines"`
	P50         float64    `json:"p50"` // of the last minute
	P99         float64    `json:"p99"`
}

type groupView struct {
	Name     string   `json:"name"`
	Up       int      `json:"up"`
	MinUp    int      `json:"minUp"`
	Degraded bool     `json:"degraded"`
	Suspect  []string `json:"suspect"`
	Links    []string `json:"links"`
	PassedOn uint64   `json:"passedOn"`
}

type acceptorView struct {
	Name      string `json:"name"`
	Addr      string `json:"addr"`
	Listening bool   `json:"listening"`
	Sessions  int    `json:"sessions"`
	Open      int    `json:"open"`
	Accepted  uint64 `json:"accepted"`
	Refused   uint64 `json:"refused"`
}

// detail is what the page of a link shows.
type detail struct {
	linkView
	Backoff    float64             `json:"backoff"`
	LastSignOn *time.Time          `json:"lastSignOn"`
	LastEcho   *time.Time          `json:"lastEcho"`
	TLS        *tlsView            `json:"tls"`
	Counters   supervisor.Counters `json:"counters"`
	Tallies    []tallyView         `json:"tallies"`
	LastMinute latencyView         `json:"lastMinute"`
	Latency    latencyView         `json:"latency"`
	Timeline   []moment            `json:"timeline"`
	Failures   []moment            `json:"failures"`
}

type tlsView struct {
	Version      string     `json:"version"`
	CipherSuite  string     `json:"cipherSuite"`
	ServerName   string     `json:"serverName"`
	Peer         string     `json:"peer"`
	PeerNotAfter *time.Time `json:"peerNotAfter"`
}

type tallyView struct {
	MTI      string `json:"mti"`
	Answered uint64 `json:"answered"`
	Posted   uint64 `json:"posted"`
	Rejected uint64 `json:"rejected"`
	NotSent  uint64 `json:"notSent"`
	InDoubt  uint64 `json:"inDoubt"`
	Requests uint64 `json:"requests"`
}

type latencyView struct {
	Count   uint64       `json:"count"`
	P50     float64      `json:"p50"`
	P90     float64      `json:"p90"`
	P99     float64      `json:"p99"`
	Max     float64      `json:"max"`
	Buckets []bucketView `json:"buckets"`
}

type bucketView struct {
	UpTo  float64 `json:"upTo"`
	Count uint64  `json:"count"`
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// moment, or nil where there was none.
func sometime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (c *Console) overview() overview {
	s := c.manager.Status()
	v := overview{
		Title: c.options.Title, At: time.Now(), Actions: c.actions(),
		Links: make([]linkView, 0, len(s.Links)), Groups: make([]groupView, 0, len(s.Groups)),
		Acceptors: make([]acceptorView, 0, len(s.Acceptors)),
	}
	for i := range s.Links {
		v.Links = append(v.Links, c.linkView(&s.Links[i]))
	}
	for _, g := range s.Groups {
		made := groupView{
			Name: g.Name, Up: g.Up, MinUp: g.MinUp, Degraded: g.Degraded, PassedOn: g.PassedOn, Suspect: []string{}, Links: []string{},
		}
		for _, l := range g.Links {
			made.Links = append(made.Links, l.Name)
			if l.Suspect {
				made.Suspect = append(made.Suspect, l.Name)
			}
		}
		v.Groups = append(v.Groups, made)
	}
	for _, a := range s.Acceptors {
		v.Acceptors = append(v.Acceptors, acceptorView{
			Name: a.Name, Addr: a.Addr, Listening: a.Listening, Sessions: a.Sessions, Open: a.Open, Accepted: a.Accepted, Refused: a.Refused.Total(),
		})
	}
	return v
}

func (c *Console) linkView(s *supervisor.Status) linkView {
	v := linkView{
		Name: s.Name, State: s.State.String(), Since: s.Since, Peer: s.Peer, Session: s.Session,
		Restarts: max(s.Session, 1) - 1, InFlight: s.InFlight, Queued: s.Queued, InDoubt: s.InDoubt,
		LastFailed: sometime(s.LastFailed), NextAttempt: sometime(s.NextAttempt), Lines: c.history.lines(s.Name),
		P50: milliseconds(s.LastMinute.P50), P99: milliseconds(s.LastMinute.P99),
	}
	if s.LastError != nil {
		v.LastError = s.LastError.Error()
	}
	return v
}

func (c *Console) detail(s *supervisor.Status) detail {
	v := detail{
		linkView: c.linkView(s), Backoff: milliseconds(s.Backoff), Counters: s.Counters,
		LastSignOn: sometime(s.LastSignOn), LastEcho: sometime(s.LastEcho),
		LastMinute: newLatencyView(s.LastMinute), Latency: newLatencyView(s.Latency), Tallies: []tallyView{},
	}
	if s.TLS != nil {
		v.TLS = &tlsView{s.TLS.Version, s.TLS.CipherSuite, s.TLS.ServerName, s.TLS.Peer, sometime(s.TLS.PeerNotAfter)}
	}
	for _, t := range s.Tallies {
		v.Tallies = append(v.Tallies, tallyView{t.Type(), t.Answered, t.Posted, t.Rejected, t.NotSent, t.InDoubt, t.Requests})
	}
	v.Timeline, v.Failures = c.history.moments(s.Name)
	return v
}

func newLatencyView(l supervisor.Latency) latencyView {
	v := latencyView{
		Count: l.Count, P50: milliseconds(l.P50), P90: milliseconds(l.P90), P99: milliseconds(l.P99), Max: milliseconds(l.Max),
		Buckets: make([]bucketView, 0, len(l.Buckets)),
	}
	for _, b := range l.Buckets {
		v.Buckets = append(v.Buckets, bucketView{milliseconds(min(b.UpTo, l.Max)), b.Count})
	}
	return v
}

func (c *Console) serveStatus(w http.ResponseWriter, _ *http.Request) { writeJSON(w, c.overview()) }

func (c *Console) serveLink(w http.ResponseWriter, r *http.Request) {
	link := c.link(w, r)
	if link == nil {
		return
	}
	s := link.Status()
	writeJSON(w, c.detail(&s))
}

// link is the one that the path names; nil when there is none, which is answered.
func (c *Console) link(w http.ResponseWriter, r *http.Request) *supervisor.Link {
	link := c.manager.Link(r.PathValue("name"))
	if link.PID() == nil {
		http.Error(w, "there is no link of that name", http.StatusNotFound)
		return nil
	}
	return link
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who asked has gone
}

// notReady says what is not ready: groups below their MinUp, or, without groups, links
// that are not up.
func notReady(s supervisor.ManagerStatus) []string {
	var missing []string
	for _, g := range s.Groups {
		if g.Degraded {
			missing = append(missing, fmt.Sprintf("group %s: %d of %d links are up", g.Name, g.Up, g.MinUp))
		}
	}
	if len(s.Groups) > 0 {
		return missing
	}
	for i := range s.Links {
		if l := &s.Links[i]; l.State != messages.Up {
			missing = append(missing, fmt.Sprintf("link %s: %v", l.Name, l.State))
		}
	}
	return missing
}
