package actors

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/isolink-go/isolink/testdata/check"
)

// simFigures are what happened in a simulation, how often.
type simFigures struct {
	sends, answered, posted, notSent, inDoubt, refusedAtTheDoor, cancels, repeats uint64
	answers, late, lateElsewhere, unmatched, duplicateKeys, wraps, storms         uint64
	connections, sessions, losses, machineSteps, echoes, missedEchoes             uint64
	signOns, signOnsFailed, signOffs, keepAlives, theirKeepAlives, hungReaders    uint64
	refused, unreachable, handshakes, slowDials, outages, resets, halfCloses      uint64
	stalls, blockedWrites, shortWrites, failedWrites, brokenWrites, mutes, deafs  uint64
	slow, afterDeadline, afterWindow, ignored, twice, unknown, unreadable, wrong  uint64
	answeredThenEnd, unsaid, onSiblings, inLaterSessions, lostOnTheWay            uint64
	managementRefused, peerSignOffs, dailySignOffs, certificates                  uint64
	pauses, restarts, closes, cuts                                                uint64
}

// simFigure is a line of the table: how often something came, and how often it may be
// expected to come in a day; 0: it proves nothing.
type simFigure struct {
	name  string
	count uint64
	daily float64
}

func (f *simFigures) table() []simFigure {
	return []simFigure{
		{"exchanges and posts", f.sends, 12_000},
		{"STANs wrapped", f.wraps, 12},
		{"answered", f.answered, 10_000},
		{"posted", f.posted, 300},
		{"not sent", f.notSent, 60},
		{"of these at the door", f.refusedAtTheDoor, 60},
		{"of these for their key", f.duplicateKeys, 1.5},
		{"in doubt", f.inDoubt, 200},
		{"cancelled by their callers", f.cancels, 40},
		{"repeats of what is in doubt", f.repeats, 60},
		{"late replies", f.late, 80},
		{"of these in another session", f.lateElsewhere, 0.5},
		{"unmatched", f.unmatched, 180},

		{"slow answers", f.slow, 140},
		{"answers behind the deadline", f.afterDeadline, 90},
		{"answers behind the late window", f.afterWindow, 20},
		{"never answered", f.ignored, 50},
		{"answered twice", f.twice, 60},
		{"answers to nothing", f.unknown, 25},
		{"answers of no form", f.unreadable, 15},
		{"answers to another transaction", f.wrong, 8},
		{"answers on a sibling", f.onSiblings, 200},
		{"answers in a later session", f.inLaterSessions, 2},
		{"answers, then the end", f.answeredThenEnd, 18},

		{"outages, 5 min to 3 h", f.outages, 0.5},
		{"connections", f.connections, 80},
		{"refused", f.refused, 1.5},
		{"unreachable", f.unreachable, 1},
		{"handshakes that failed", f.handshakes, 1},
		{"slow connects", f.slowDials, 1},
		{"resets", f.resets, 12},
		{"half-closes", f.halfCloses, 5},
		{"stalls", f.stalls, 5},
		{"writes that blocked", f.blockedWrites, 2_500},
		{"short writes", f.shortWrites, 20},
		{"writes that failed", f.failedWrites, 5},
		{"deaf for a while", f.deafs, 5},
		{"mute in network management", f.mutes, 5},
		{"echoes", f.echoes, 500},
		{"echoes missed", f.missedEchoes, 8},
		{"sign-ons", f.signOns, 20},
		{"sign-ons that failed", f.signOnsFailed, 8},
		{"sign-offs", f.signOffs, 3},
		{"sign-offs of the host", f.peerSignOffs, 4},
		{"readers that hang", f.hungReaders, 0.08},
		{"keep-alives", f.keepAlives, 150},
		{"keep-alives of the host", f.theirKeepAlives, 5},

		{"daily sign-offs", f.dailySignOffs, 4},
		{"certificates changed", f.certificates, 0.14},
		{"pauses", f.pauses, 0.9},
		{"restarts", f.restarts, 0.9},
		{"closed", f.closes, 0.4},
		{"commands cut short", f.cuts, 0.05},
		{"ups that ended", f.losses, 40},
		{"steps of the machine", f.machineSteps, 2_000},
	}
}

// least is how often it has to come in that time: far less than expected, but not
// never where that would be strange.
func (f simFigure) least(lasts time.Duration) uint64 {
	mean := f.daily * float64(lasts) / float64(day)
	switch least := 0.6*mean - 3*math.Sqrt(mean); {
	case least >= 1:
		return uint64(least)
	case mean >= 15:
		return 1
	}
	return 0
}

// print writes the table, in two columns.
func (f *simFigures) print(w io.Writer, lasts time.Duration) {
	all := f.table()
	rows := (len(all) + 1) / 2
	for i := range rows {
		for _, one := range []int{i, i + rows} {
			if one < len(all) {
				fmt.Fprintf(w, "  %-31s%10d%9.1f a day  ", all[one].name, all[one].count, float64(all[one].count)*float64(day)/float64(lasts))
			}
		}
		fmt.Fprintln(w)
	}
}

// simFaults are what must not be.
var simFaults = []string{"lost", "duplicated", "misdelivered", "key used again", "hung", "illegal", "left behind"}

// checks are the goals of a simulation; again is another one of the same seed.
func (s *simulation) checks(lasts time.Duration, again *simulation) (all []check.Line) {
	if days := uint64(lasts / day); days > 0 {
		all = append(all, check.Exactly("days", uint64(s.lived/day), days))
	}
	for _, f := range s.figures.table() {
		if least := f.least(lasts); least > 0 {
			all = append(all, check.AtLeast(f.name, f.count, least))
		}
	}
	for _, what := range simFaults {
		all = append(all, check.None(what, uint64(s.faults[what])))
	}
	same := uint64(0)
	if s.digest.Sum64() == again.digest.Sum64() && s.steps == again.steps && s.figures == again.figures {
		same = 1
	}
	return append(all, check.Exactly("same seed, same trace", same, 1))
}
