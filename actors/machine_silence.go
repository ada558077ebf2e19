package actors

// hasSession reports whether the phase has a session that goes on.
func (m *machine) hasSession() bool {
	switch m.phase {
	case phaseSigningOn, phaseUp, phaseSigningOff, phaseSignedOff, phaseDraining:
		return true
	case phaseNew, phaseWaiting, phaseConnecting, phaseEnding, phasePaused, phaseClosed, phaseFailed:
	}
	return false
}

// watchingSilence are the actions that begin a session, with its timers.
func (m *machine) watchingSilence(actions ...action) []action {
	if m.keepAlive {
		actions = append(actions, actWatchWrite)
	}
	if m.readIdle {
		actions = append(actions, actWatchRead)
	}
	return actions
}

// stepSilence is what all phases of a session that goes on have in common.
func (m *machine) stepSilence(ev event) []action {
	switch ev {
	case evWriteIdle:
		return []action{actKeepAlive, actWatchWrite}
	case evReadIdle:
		if m.echo {
			return []action{actAskRead}
		}
		return m.becomeEnding(actAbort)
	case evReadAgain:
		return []action{actWatchRead}
	case evReadSilent:
		return m.becomeEnding(actAbort)
	default:
		panic(m.illegal(ev))
	}
}
