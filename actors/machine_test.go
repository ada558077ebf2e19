package actors

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// startWorlds are links before their start: with and without echoes, and with
// peers that connect. Where sign-on makes many worlds, few failures are counted.
func startWorlds() []world {
	return []world{
		{told: true},
		{machine: machine{echo: true, maxMissed: 1}, told: true},
		{machine: machine{keepAlive: true, readIdle: true}, told: true},
		{machine: machine{keepAlive: true, readIdle: true, echo: true, maxMissed: 1, signOn: true, signOff: true, offOnStop: true, countsTo: 2}, told: true},
		{machine: machine{readIdle: true, echo: true, maxMissed: 1, signOn: true, once: true, arrived: true}, told: true, socket: dialledSocket},
		{machine: machine{readIdle: true, expects: true}, told: true},
		{machine: machine{echo: true, maxMissed: 3}, told: true},
		{machine: machine{echo: true, maxMissed: 1, signOn: true, signOff: true, offOnStop: true, countsTo: 4}, told: true},
		{machine: machine{signOn: true, countsTo: 4}, told: true},
		{machine: machine{signOn: true, signOff: true, offOnStop: true, offFirst: true, countsTo: 4}, told: true},
		{machine: machine{signOn: true, signOff: true, offOnStop: true, scoped: true, countsTo: 4}, told: true},
		{machine: machine{signOn: true, signOff: true, offOnStop: true, offFirst: true, scoped: true, expects: true, countsTo: 4}, told: true},
		{machine: machine{signOff: true, expects: true}, told: true},
		{machine: machine{signOn: true, signOff: true, offOnStop: true, once: true, arrived: true}, told: true, socket: dialledSocket},
		{machine: machine{echo: true, maxMissed: 2, expects: true}, told: true},
		{machine: machine{echo: true, maxMissed: 2, once: true, arrived: true}, told: true, socket: dialledSocket},
	}
}

// TestMachineClosure visits every world that a link can get into. What must
// hold in each of them, and of each action, is checked on the way (world.take).
func TestMachineClosure(t *testing.T) {
	all := explore(t, startWorlds()...)

	machines := make(map[machine]bool)
	phases := make(map[phase]int)
	events := make(map[event]int)
	transitions := 0
	for w, moves := range all {
		machines[w.machine] = true
		phases[w.machine.phase]++
		transitions += len(moves)
		for _, m := range moves {
			if m.isEvent {
				events[m.event]++
			}
		}
	}
	t.Logf("%d worlds, %d machines, %d transitions", len(all), len(machines), transitions)
	// An exploration that does not get anywhere would find no fault either.
	assert.Greater(t, len(all), 10_000)
	assert.Greater(t, len(machines), 5_000)
	assert.Greater(t, transitions, 50_000)
	for p, name := range phaseNames {
		assert.Positive(t, phases[p], "never %s", name)
	}
	for ev, name := range eventNames {
		assert.Positive(t, events[ev], "%s never happens", name)
	}
	assert.Contains(t, machines, machine{phase: phaseWaiting, failures: maxFailures})

	t.Run("comes up again", func(t *testing.T) { testComesUp(t, all) })
	t.Run("stays paused or closed", func(t *testing.T) { testStaysDown(t, all) })
	t.Run("illegal events", func(t *testing.T) { testIllegalEvents(t, machines) })
}

// testComesUp: a link that should be up can always get there without anybody's
// help (P6), and a paused one can be made to.
func testComesUp(t *testing.T, all explored) {
	there := func(w world) bool {
		return w.machine.phase == phaseUp || (w.machine.phase == phaseSignedOff && w.machine.off)
	}
	canBeUp := all.leadingTo(
		func(w world) bool { return there(w) && w.told },
		func(m move) bool { return !m.operator })
	canBeMade := all.leadingTo(
		func(w world) bool { return there(w) && w.wanted == wantRun },
		func(move) bool { return true })
	for w := range all {
		if w.machine.once {
			continue // it does not come back
		}
		switch w.wanted {
		case wantRun:
			require.True(t, canBeUp[w], "never up again by itself: %+v", w)
		case wantPause:
			require.True(t, canBeMade[w], "cannot be resumed: %+v", w)
		case wantClose:
			require.False(t, canBeMade[w], "closed, and comes back: %+v", w)
		case wantRestart:
			require.Fail(t, "a restart lasts for one session", "%+v", w)
		}
	}
}

// testStaysDown: once the machine has heard that it should be paused, or
// closed, every path leads there, however the session ends, and to nothing else.
func testStaysDown(t *testing.T, all explored) {
	for _, goal := range []want{wantPause, wantClose} {
		const (
			open = iota + 1 // on the path in hand
			done
		)
		marks := make(map[world]int)
		var follow func(w world)
		follow = func(w world) {
			marks[w] = open
			leaves := false
			for _, m := range all[w] {
				if m.operator || m.to == w {
					continue
				}
				if m.isEvent && m.event == evReadAgain {
					continue // a peer that is there is watched anew; what is in flight has its deadlines
				}
				leaves = true
				require.NotEqual(t, open, marks[m.to], "goes round for ever: %+v by %s", w, m.name)
				require.NotEqual(t, phaseUp, m.to.machine.phase, "up, unasked: %+v by %s", w, m.name)
				require.NotEqual(t, phaseConnecting, m.to.machine.phase, "connects, unasked: %+v by %s", w, m.name)
				if marks[m.to] == 0 {
					follow(m.to)
				}
			}
			if !leaves && goal == wantPause && !w.machine.once {
				require.Equal(t, phasePaused, w.machine.phase, "%+v", w)
			}
			if !leaves && (goal == wantClose || w.machine.once) {
				require.True(t, w.machine.phase == phaseClosed || w.gone, "%+v", w)
			}
			marks[w] = done
		}
		for w := range all {
			if w.wanted == goal && w.told && marks[w] == 0 {
				follow(w)
			}
		}
		require.Greater(t, len(marks), 1_000)
	}
}

// canHave are the events that a phase can have, by its comment and that of
// event. A phase that is never left has them all, and ignores them.
var canHave = map[phase][]event{
	phaseNew:        {evStart},
	phaseWaiting:    {evBackoff, evCommand, evSign},
	phaseConnecting: {evConnected, evConnectFailed, evCommand, evSign},
	phaseSigningOn:  inSession(evGranted, evSignedOn, evSignOnFailed, evReplaced),
	phaseSigningOff: inSession(evGranted, evSignedOff, evDrained, evCut, evReplaced),
	phaseSignedOff:  inSession(evIdle, evEchoAnswered, evEchoMissed, evReplaced),
	phaseUp:         inSession(evIdle, evEchoAnswered, evEchoMissed, evStable, evReplaced),
	phaseDraining:   inSession(evDrained, evCut),
	phaseEnding:     {evEnded, evEndTimeout, evCut, evCommand, evFailing, evDrained, evSign},
	phasePaused:     {evCommand, evSign},
}

// inSession are the events of a phase whose session goes on, with some more.
func inSession(more ...event) []event {
	return append(more, evFailing, evEnded, evCommand, evSign, evWriteIdle, evReadIdle, evReadAgain, evReadSilent)
}

// testIllegalEvents: an event that the phase cannot have panics and changes
// nothing; no other event panics.
func testIllegalEvents(t *testing.T, machines map[machine]bool) {
	refused := 0
	for before := range machines {
		legal, isLeft := canHave[before.phase]
		if before.expects && before.phase == phaseWaiting {
			legal = append(slices.Clone(legal), evConnected)
		}
		for ev := range evCommand + 2 { // the last of them is no event
			after := before
			actions, fault := tryStep(&after, ev)
			switch {
			case !isLeft:
				if fault != "" || actions != nil || after != before {
					require.Failf(t, "left", "%s by %s", phaseNames[before.phase], eventNames[ev])
				}
			case slices.Contains(legal, ev):
				if fault != "" {
					require.Failf(t, fault, "%s in %+v", eventNames[ev], before)
				}
			default:
				refused++
				if fault == "" || after != before {
					require.Failf(t, "no panic, or not it alone", "%s in %+v", eventNames[ev], before)
				}
			}
		}
	}
	require.Greater(t, refused, 10_000)
	require.Panics(t, func() { m := machine{phase: phaseFailed + 1}; m.step(evStart) })
	require.Panics(t, func() { (&machine{phase: phaseFailed + 1}).state() })
}

// TestMachineRemembers: what changes without an action.
func TestMachineRemembers(t *testing.T) {
	up := machine{phase: phaseUp, failures: 5, missed: 1, echo: true, maxMissed: 3}

	m := up
	m.step(evStable)
	assert.Zero(t, m.failures, "a stable session starts the count anew")
	assert.EqualValues(t, 1, m.missed)

	m = up
	m.step(evEchoAnswered)
	assert.Zero(t, m.missed)
	assert.EqualValues(t, 5, m.failures, "an echo does not make a session stable")

	m = up
	assert.Equal(t, []action{actEcho}, m.step(evEchoMissed), "the next one, at once")
	assert.EqualValues(t, 2, m.missed)

	m = machine{phase: phaseConnecting, missed: 2, failures: maxFailures, echo: true, maxMissed: 3}
	m.step(evConnected)
	assert.Zero(t, m.missed, "another session")
	m.step(evEnded)
	assert.EqualValues(t, maxFailures, m.failures, "the count stays where it is")

	m = machine{phase: phaseDraining, want: wantRun}
	m.step(evCommand)
	assert.Equal(t, wantRestart, m.want, "up again after the drain")

	m = machine{want: wantRestart}
	m.step(evStart)
	assert.Equal(t, wantRun, m.want, "it has just been restarted")

	m = machine{}
	assert.Equal(t, []action{actDial}, m.step(evStart), "the first attempt does not wait")
}

func TestShownState(t *testing.T) {
	for p, shown := range map[phase]messages.State{ // with wantClose
		phaseNew: messages.Waiting, phaseWaiting: messages.Waiting, phaseFailed: messages.Waiting,
		phaseConnecting: messages.Connecting, phaseUp: messages.Up,
		phaseSigningOn: messages.SigningOn, phaseSigningOff: messages.SignedOff, phaseSignedOff: messages.SignedOff,
		phaseDraining: messages.Draining, phaseEnding: messages.Draining,
		phasePaused: messages.Paused, phaseClosed: messages.Closed,
	} {
		assert.Equal(t, shown, (&machine{phase: p, want: wantClose}).state(), phaseNames[p])
	}
	assert.Equal(t, messages.Waiting, (&machine{phase: phaseEnding}).state(), "nobody asked for the end")
	assert.Equal(t, messages.Draining, (&machine{phase: phaseSigningOff, draining: true}).state(), "before the end")
}
