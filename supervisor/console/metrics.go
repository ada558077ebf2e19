package console

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// collector makes Prometheus' metrics of a manager's status, when they are asked for.
type collector struct{ manager *supervisor.Manager }

var _ prometheus.Collector = collector{}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("isolink_"+name, help, labels, nil)
}

var (
	linkState     = describe("link_state", "1 for the state that the link is in, 0 for the others", "link", "state")
	linkInFlight  = describe("link_in_flight", "sends that have not settled", "link")
	linkQueued    = describe("link_queued", "messages that wait to be written", "link")
	linkInDoubt   = describe("link_in_doubt", "requests in doubt whose late window goes on", "link")
	linkExchanges = describe("link_exchanges_total", "settled sends", "link", "mti", "outcome")
	linkRequests  = describe("link_requests_total", "requests of the peer given to the handler", "link", "mti")
	linkSessions  = describe("link_sessions_total", "sessions", "link")
	linkAttempts  = describe("link_attempts_total", "attempts to connect", "link")
	linkEchoes    = describe("link_echoes_total", "echoes", "link", "outcome")
	linkLate      = describe("link_late_replies_total", "late replies", "link")
	linkUnmatched = describe("link_unmatched_total", "messages of the peer that nobody waited for", "link")
	linkDropped   = describe("link_events_dropped_total", "events dropped behind a slow observer", "link")
	linkUnlogged  = describe("link_log_left_out_total", "lines left out of the log", "link")
	linkPanics    = describe("link_panics_total", "panics of hooks and handlers", "link")
	linkDuration  = describe("exchange_duration_seconds", "time of answered exchanges, from the write to the answer", "link")

	groupUp       = describe("group_links_up", "links of the group that are up", "group")
	groupMinUp    = describe("group_links_min_up", "links that must be up", "group")
	groupPassedOn = describe("group_passed_on_total", "sends offered to another link after one that did not send them", "group")

	acceptorSessions = describe("acceptor_sessions", "sessions that are not closed", "acceptor")
	acceptorAccepted = describe("acceptor_accepted_total", "connections accepted, refused ones included", "acceptor")
	acceptorRefused  = describe("acceptor_refused_total", "connections refused", "acceptor", "cause")
	acceptorRequests = describe("acceptor_requests_total", "requests given to the handler", "acceptor", "mti")
)

// Describe names the metrics that there always are; others come with what they count.
func (collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		linkState, linkInFlight, linkQueued, linkInDoubt, linkExchanges, linkRequests, linkSessions, linkAttempts, linkEchoes, linkLate,
		linkUnmatched, linkDropped, linkUnlogged, linkPanics, linkDuration, groupUp, groupMinUp, groupPassedOn,
		acceptorSessions, acceptorAccepted, acceptorRefused, acceptorRequests,
	} {
		to <- d
	}
}

// Collect makes them.
func (c collector) Collect(to chan<- prometheus.Metric) {
	s := c.manager.Status()
	for i := range s.Links {
		collectLink(to, &s.Links[i])
	}
	for _, g := range s.Groups {
		gauge(to, groupUp, float64(g.Up), g.Name)
		gauge(to, groupMinUp, float64(g.MinUp), g.Name)
		counter(to, groupPassedOn, g.PassedOn, g.Name)
	}
	for _, a := range s.Acceptors {
		gauge(to, acceptorSessions, float64(a.Sessions), a.Name)
		counter(to, acceptorAccepted, a.Accepted, a.Name)
		for cause, n := range a.Refused.All() {
			counter(to, acceptorRefused, n, a.Name, cause)
		}
		for _, t := range a.Tallies {
			counter(to, acceptorRequests, t.Requests, a.Name, t.Type())
		}
	}
}

func gauge(to chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func counter(to chan<- prometheus.Metric, d *prometheus.Desc, v uint64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
}

func collectLink(to chan<- prometheus.Metric, s *supervisor.Status) {
	for state := messages.Waiting; state <= messages.SignedOff; state++ {
		is := 0.0
		if state == s.State {
			is = 1
		}
		gauge(to, linkState, is, s.Name, state.String())
	}
	gauge(to, linkInFlight, float64(s.InFlight), s.Name)
	gauge(to, linkQueued, float64(s.Queued), s.Name)
	gauge(to, linkInDoubt, float64(s.InDoubt), s.Name)
	for _, t := range s.Tallies {
		mti := t.Type()
		counter(to, linkExchanges, t.Answered, s.Name, mti, "answered")
		counter(to, linkExchanges, t.Posted, s.Name, mti, "posted")
		counter(to, linkExchanges, t.Rejected, s.Name, mti, "rejected")
		counter(to, linkExchanges, t.NotSent, s.Name, mti, "not_sent")
		counter(to, linkExchanges, t.InDoubt, s.Name, mti, "in_doubt")
		counter(to, linkRequests, t.Requests, s.Name, mti)
	}
	c := &s.Counters
	counter(to, linkSessions, c.Sessions, s.Name)
	counter(to, linkAttempts, c.Attempts, s.Name)
	counter(to, linkEchoes, c.Echoes, s.Name, "answered")
	counter(to, linkEchoes, c.Missed, s.Name, "missed")
	counter(to, linkLate, c.Late, s.Name)
	counter(to, linkUnmatched, c.Unmatched, s.Name)
	counter(to, linkDropped, c.Dropped, s.Name)
	counter(to, linkUnlogged, c.Unlogged, s.Name)
	counter(to, linkPanics, c.Panics, s.Name)
	collectDuration(to, s)
}

func collectDuration(to chan<- prometheus.Metric, s *supervisor.Status) {
	bounds := actors.DurationBounds() // each link's are the same, so that they can be summed
	counts := make(map[float64]uint64, len(bounds))
	var sum float64
	var passed uint64
	next := 0
	for _, b := range s.Latency.Buckets {
		upTo := min(b.UpTo, s.Latency.Max).Seconds()
		for next < len(bounds) && bounds[next] < upTo {
			counts[bounds[next]] = passed
			next++
		}
		passed += b.Count
		sum += upTo * float64(b.Count)
	}
	for ; next < len(bounds); next++ {
		counts[bounds[next]] = passed
	}
	to <- prometheus.MustNewConstHistogram(linkDuration, s.Latency.Count, sum, counts, s.Name)
}
