package actors

import "fmt"

// step is the whole life of a link. An event that the phase cannot have is a
// bug of the actor: it panics, and the supervisor deals with it.
func (m *machine) step(ev event) []action {
	switch m.phase {
	case phaseNew:
		return m.stepNew(ev)
	case phaseWaiting:
		return m.stepWaiting(ev)
	case phaseConnecting:
		return m.stepConnecting(ev)
	case phaseSigningOn:
		return m.stepSigningOn(ev)
	case phaseUp:
		return m.stepUp(ev)
	case phaseSigningOff:
		return m.stepSigningOff(ev)
	case phaseSignedOff:
		return m.stepSignedOff(ev)
	case phaseDraining:
		return m.stepDraining(ev)
	case phaseEnding:
		return m.stepEnding(ev)
	case phasePaused:
		return m.stepPaused(ev)
	case phaseClosed, phaseFailed:
		return nil
	}
	panic(m.illegal(ev))
}

func (m *machine) illegal(ev event) string {
	return fmt.Sprintf("actors: link in phase %d cannot have event %d", m.phase, ev)
}

func (m *machine) stepNew(ev event) []action {
	if ev != evStart {
		panic(m.illegal(ev))
	}
	switch m.want {
	case wantPause:
		return m.becomePaused()
	case wantClose:
		return m.becomeClosed()
	case wantRun, wantRestart:
	}
	m.want = wantRun
	switch {
	case m.arrived:
		return m.becomeConnected()
	case m.failures == 0:
		return m.becomeSeeking()
	}
	return m.becomeWaiting()
}

func (m *machine) stepWaiting(ev event) []action {
	switch ev {
	case evBackoff:
		return m.becomeConnecting()
	case evSign:
		return nil
	case evConnected:
		if !m.expects {
			panic(m.illegal(ev))
		}
		return m.becomeConnected()
	case evCommand:
		if m.want == wantRun {
			return nil // it is what it does; the host keeps its delay
		}
		return m.obeyWithoutSession(m.becomeSeeking)
	default:
		panic(m.illegal(ev))
	}
}

func (m *machine) stepConnecting(ev event) []action {
	switch ev {
	case evConnected:
		return m.becomeConnected()
	case evConnectFailed:
		m.fails()
		return m.becomeWaiting()
	case evSign:
		return nil
	case evCommand:
		if m.want == wantRun || m.want == wantRestart {
			m.want = wantRun
			return nil // it is what it does
		}
		return append([]action{actCancelDial}, m.obeyWithoutSession(nil)...)
	default:
		panic(m.illegal(ev))
	}
}

func (m *machine) stepSigningOn(ev event) []action {
	switch ev {
	case evGranted:
		m.asking = false
		return []action{actSignOn}
	case evSignedOn:
		m.on = true
		return m.becomeUp()
	case evSignOnFailed:
		return m.becomeEnding(actClose)
	case evSign:
		return m.stepSign() // the host may be about to accept
	default:
		return m.stepSession(ev)
	}
}

func (m *machine) stepUp(ev event) []action {
	switch ev {
	case evStable:
		m.failures = 0
		return nil
	case evSign:
		return m.stepSign()
	default:
		return m.stepWatched(ev)
	}
}

// stepSign obeys whoever has signed off: the peer needs to be told of the operator
// only.
func (m *machine) stepSign() []action {
	switch {
	case m.peerOff:
		return m.becomeSignedOff()
	case m.off:
		return m.becomeSigningOff()
	}
	return nil
}

func (m *machine) stepSignedOff(ev event) []action {
	switch ev {
	case evSign:
		if !m.isOff() {
			return m.becomeSigningOn()
		}
		return nil
	default:
		return m.stepWatched(ev)
	}
}

func (m *machine) stepSigningOff(ev event) []action {
	switch ev {
	case evGranted:
		m.asking = false
		return []action{actSignOff}
	case evSignedOff:
		m.on = false
		switch {
		case m.draining:
			return m.becomeDraining() // nothing may be in flight any more
		case m.isOff():
			return m.becomeSignedOff()
		}
		return m.becomeSigningOn()
	case evSign:
		return nil // it is looked at when this is over
	case evCut:
		return m.becomeEnding(actAbort)
	case evDrained:
		return nil
	case evCommand:
		m.draining = m.draining || m.want != wantRun
		if m.draining {
			m.keepDraining()
		}
		return nil
	case evEnded:
		return m.finish()
	default:
		return m.stepSession(ev)
	}
}

// stepWatched is what the phases with echoes have in common.
func (m *machine) stepWatched(ev event) []action {
	switch ev {
	case evIdle:
		return []action{actEcho}
	case evEchoAnswered:
		m.missed = 0
		return []action{actWatchIdle}
	case evEchoMissed:
		m.missed++
		if m.missed >= m.maxMissed {
			return m.becomeEnding(actAbort)
		}
		return []action{actEcho}
	default:
		return m.stepSession(ev)
	}
}

// stepSession is what the phases with a session that goes on have in common.
func (m *machine) stepSession(ev event) []action {
	switch ev {
	case evReplaced:
		return m.becomeEnding(actAbort)
	case evFailing:
		return m.becomeEnding(actGuardEnd)
	case evEnded:
		return m.becomeFailed()
	case evCommand:
		if m.want == wantRun {
			return nil
		}
		return m.becomeDraining()
	default:
		return m.stepSilence(ev)
	}
}

func (m *machine) stepDraining(ev event) []action {
	switch ev {
	case evDrained:
		if m.signsOffFirst() {
			return m.becomeSigningOff()
		}
		return m.becomeEnding(actClose)
	case evCut:
		return m.becomeEnding(actAbort)
	case evFailing:
		return m.becomeEnding(actGuardEnd)
	case evEnded:
		return m.finish()
	case evSign:
		return nil // the next session's affair
	case evCommand:
		m.keepDraining()
		return nil
	default:
		return m.stepSilence(ev)
	}
}

func (m *machine) stepEnding(ev event) []action {
	switch ev {
	case evEnded:
		return m.finish()
	case evEndTimeout:
		// The supervisor's restart stops the children, and what they still
		// held settles.
		return m.finish()
	case evCut:
		return []action{actAbort}
	case evCommand:
		m.keepDraining()
		return nil
	case evFailing, evDrained, evSign:
		return nil
	default:
		panic(m.illegal(ev))
	}
}

func (m *machine) stepPaused(ev event) []action {
	switch ev {
	case evSign:
		return nil
	case evCommand:
	default:
		panic(m.illegal(ev))
	}
	return m.obeyWithoutSession(m.becomeSeeking)
}

// obeyWithoutSession does what is wanted where there is nothing to drain; run
// is what wantRun and wantRestart lead to.
func (m *machine) obeyWithoutSession(run func() []action) []action {
	switch m.want {
	case wantPause:
		return m.becomePaused()
	case wantClose:
		return m.becomeClosed()
	case wantRun, wantRestart:
	}
	m.want = wantRun
	return run()
}

// isOff reports whether somebody has signed off.
func (m *machine) isOff() bool { return m.off || m.peerOff }

// signsOffFirst reports whether a session that is told to end signs off before.
func (m *machine) signsOffFirst() bool { return m.offOnStop && m.on && m.want != wantRestart }

// keepDraining: a drain under way cannot be taken back. Resuming meanwhile
// means to be up again after it.
func (m *machine) keepDraining() {
	if m.want == wantRun {
		m.want = wantRestart
	}
}

// finish ends a session that was told to end.
func (m *machine) finish() []action {
	if m.want == wantClose {
		return m.becomeClosed()
	}
	return m.becomeFailed()
}

func (m *machine) fails() {
	if m.failures < m.mostFailures() {
		m.failures++
	}
}
