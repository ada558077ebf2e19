package actors

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// machineTransitions name what a link does.
var machineTransitions = []struct {
	name    string
	from    phase
	want    want
	ev      event
	to      phase
	actions string
}{
	{"a new incarnation waits", phaseNew, wantRun, evStart, phaseWaiting, "wait"},
	{"a restart is over with its session", phaseNew, wantRestart, evStart, phaseWaiting, "wait"},
	{"begun as paused", phaseNew, wantPause, evStart, phasePaused, ""},
	{"begun as closed", phaseNew, wantClose, evStart, phaseClosed, "refuse, stop"},

	{"the wait is over", phaseWaiting, wantRun, evBackoff, phaseConnecting, "dial"},
	{"resuming does not hurry", phaseWaiting, wantRun, evCommand, phaseWaiting, ""},
	{"restarting does", phaseWaiting, wantRestart, evCommand, phaseConnecting, "dial"},
	{"paused while it waits", phaseWaiting, wantPause, evCommand, phasePaused, ""},
	{"closed while it waits", phaseWaiting, wantClose, evCommand, phaseClosed, "refuse, stop"},

	{"connected", phaseConnecting, wantRun, evConnected, phaseUp, "open, admit, watch-stable, watch-idle"},
	{"not connected", phaseConnecting, wantRun, evConnectFailed, phaseWaiting, "wait"},
	{"resumed while it connects", phaseConnecting, wantRun, evCommand, phaseConnecting, ""},
	{"restarted while it connects", phaseConnecting, wantRestart, evCommand, phaseConnecting, ""},
	{"paused while it connects", phaseConnecting, wantPause, evCommand, phasePaused, "cancel-dial"},
	{"closed while it connects", phaseConnecting, wantClose, evCommand, phaseClosed, "cancel-dial, refuse, stop"},

	{"signed on", phaseSigningOn, wantRun, evSignedOn, phaseUp, "admit, watch-stable, watch-idle"},
	{"sign-on refused", phaseSigningOn, wantRun, evSignOnFailed, phaseEnding, "refuse, close"},
	{"paused while it signs on", phaseSigningOn, wantPause, evCommand, phaseDraining, "refuse, drain"},
	{"the session ends while it signs on", phaseSigningOn, wantRun, evEnded, phaseFailed, "refuse, fail"},
	{"silent while it is signed off", phaseSignedOff, wantRun, evIdle, phaseSignedOff, "echo"},
	{"closed while it is signed off", phaseSignedOff, wantClose, evCommand, phaseDraining, "refuse, drain"},

	{"silent", phaseUp, wantRun, evIdle, phaseUp, "echo"},
	{"echo answered", phaseUp, wantRun, evEchoAnswered, phaseUp, "watch-idle"},
	{"the last echo missed", phaseUp, wantRun, evEchoMissed, phaseEnding, "refuse, abort"},
	{"stable", phaseUp, wantRun, evStable, phaseUp, ""},
	{"nothing written", phaseUp, wantRun, evWriteIdle, phaseUp, "keep-alive, watch-write"},
	{"nothing written while it drains", phaseDraining, wantPause, evWriteIdle, phaseDraining, "keep-alive, watch-write"},
	{"nothing received", phaseUp, wantRun, evReadIdle, phaseUp, "ask-read"},
	{"received again", phaseUp, wantRun, evReadAgain, phaseUp, "watch-read"},
	{"nothing received, though asked", phaseUp, wantRun, evReadSilent, phaseEnding, "refuse, abort"},
	{"nothing received while it signs on", phaseSigningOn, wantRun, evReadSilent, phaseEnding, "refuse, abort"},
	{"nothing received while it signs off", phaseSigningOff, wantRun, evReadSilent, phaseEnding, "refuse, abort"},
	{"nothing received while it is signed off", phaseSignedOff, wantRun, evReadSilent, phaseEnding, "refuse, abort"},
	{"nothing received while it drains", phaseDraining, wantClose, evReadSilent, phaseEnding, "refuse, abort"},
	{"replaced by another connection", phaseUp, wantRun, evReplaced, phaseEnding, "refuse, abort"},
	{"cannot write", phaseUp, wantRun, evFailing, phaseEnding, "refuse, guard-end"},
	{"the session ends", phaseUp, wantRun, evEnded, phaseFailed, "refuse, fail"},
	{"resumed while it is up", phaseUp, wantRun, evCommand, phaseUp, ""},
	{"restarted", phaseUp, wantRestart, evCommand, phaseDraining, "refuse, drain"},
	{"paused", phaseUp, wantPause, evCommand, phaseDraining, "refuse, drain"},
	{"closed", phaseUp, wantClose, evCommand, phaseDraining, "refuse, drain"},

	{"drained", phaseDraining, wantPause, evDrained, phaseEnding, "refuse, close"},
	{"cut short while it drains", phaseDraining, wantPause, evCut, phaseEnding, "refuse, abort"},
	{"cannot write while it drains", phaseDraining, wantPause, evFailing, phaseEnding, "refuse, guard-end"},
	{"the session ends while it drains", phaseDraining, wantPause, evEnded, phaseFailed, "refuse, fail"},
	{"the session of a closed link ends", phaseDraining, wantClose, evEnded, phaseClosed, "refuse, stop"},
	{"resumed while it drains", phaseDraining, wantRun, evCommand, phaseDraining, ""},

	{"ended as asked", phaseEnding, wantPause, evEnded, phaseFailed, "refuse, fail"},
	{"ended as asked, and closed", phaseEnding, wantClose, evEnded, phaseClosed, "refuse, stop"},
	{"the reader does not end", phaseEnding, wantRun, evEndTimeout, phaseFailed, "refuse, fail"},
	{"the reader of a closed link does not end", phaseEnding, wantClose, evEndTimeout, phaseClosed, "refuse, stop"},
	{"cut short at its end", phaseEnding, wantClose, evCut, phaseEnding, "abort"},
	{"drained before it was cut", phaseEnding, wantClose, evDrained, phaseEnding, ""},
	{"cannot write at its end", phaseEnding, wantClose, evFailing, phaseEnding, ""},

	{"resumed", phasePaused, wantRun, evCommand, phaseConnecting, "dial"},
	{"paused twice", phasePaused, wantPause, evCommand, phasePaused, ""},
	{"closed while it is paused", phasePaused, wantClose, evCommand, phaseClosed, "refuse, stop"},

	{"too late for a closed link", phaseClosed, wantClose, evEnded, phaseClosed, ""},
	{"too late for a failed link", phaseFailed, wantRun, evCommand, phaseFailed, ""},
}

// TestMachineTransitions: the machine has five failures behind it, and has
// missed one of the two echoes that end a session.
func TestMachineTransitions(t *testing.T) {
	for _, c := range machineTransitions {
		t.Run(c.name, func(t *testing.T) {
			m := machine{phase: c.from, want: c.want, failures: 5, missed: 1, echo: true, maxMissed: 2}
			assert.Equal(t, c.actions, actionList(m.step(c.ev)))
			assert.Equal(t, phaseNames[c.to], phaseNames[m.phase])
		})
	}
}
