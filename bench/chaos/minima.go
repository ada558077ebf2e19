package main

import (
	"fmt"
	"time"

	"github.com/isolink-go/isolink/testdata/check"
)

// minima are how often each outcome and each fault must have come: one that never
// came proves nothing. They grow with the run's length; in one of less than half a
// minute the plan has no room for all faults.
func (r *run) minima(f figures) []check.Line {
	a := func(perMinute int) int { return int(int64(perMinute) * int64(r.length) / int64(time.Minute)) }
	list := []check.Line{
		check.AtLeast("exchanges", f.asked, a(r.callers*200)),
		check.AtLeast("answered", f.outcomes[answered], f.asked/3),
		check.AtLeast("not sent", f.outcomes[notSent], f.asked/1000),
		check.AtLeast("in doubt", f.outcomes[inDoubt], f.asked/1000),
		check.AtLeast("late replies", f.late, a(100)),
		check.AtLeast("late replies in a later session", f.moved, a(5)),
		check.AtLeast("repeats answered by the original's answer", f.borrowed, a(1)),
		check.AtLeast("answered within 10 ms of their session's end", f.atTheEnd, a(20)),
		check.AtLeast("sessions", int(r.after.links.Sessions), a(10*len(r.lanes))),
	}
	for d := range bySession {
		list = append(list, check.AtLeast("by "+d.String(), f.doors[d], f.asked/10))
	}
	came := r.tally.all()
	for _, name := range r.expected() {
		list = append(list, check.AtLeast("fault: "+string(name), came[name], a(2)))
	}
	ends := r.book.ends.all()
	for _, name := range r.expectedEnds() {
		list = append(list, check.AtLeast(fmt.Sprintf("session ended: %s", name), ends[name], a(2)))
	}
	return list
}

// expected are the faults that must come in a run of these groups.
func (r *run) expected() (all []fault) {
	seen := make(map[fault]bool)
	take := func(faults ...fault) {
		for _, name := range faults {
			if !seen[name] {
				seen[name] = true
				all = append(all, name)
			}
		}
	}
	for _, l := range r.lanes {
		take(l.faults...)
		take(lateAnswer, noAnswer, sameSTAN)
		if !l.kind.scope {
			take(repeated)
		}
		if !l.kind.issuer {
			take(otherOrder, duplicate, neverAsked, laterSession)
		}
		if l.kind.scope {
			take(onSibling, wrongID)
		}
		if l.kind.rejects {
			take(reject)
		}
	}
	return all
}

// expectedEnds are what links must have said.
func (r *run) expectedEnds() []fault {
	all := []fault{endPeerClosed, endReset, endFlood, endFraming}
	for _, k := range r.kinds {
		if k.signOn {
			all = append(all, endSignOn, endNoEcho)
		}
		if k.tls {
			all = append(all, endReadIdle, endTLS)
		}
	}
	return all
}
