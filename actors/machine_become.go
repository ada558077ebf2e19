package actors

func (m *machine) becomeWaiting() []action {
	m.phase = phaseWaiting
	if m.expects {
		return nil // the peer decides when
	}
	return []action{actWait}
}

// becomeSeeking does without delay what this end can to get a socket.
func (m *machine) becomeSeeking() []action {
	if m.expects {
		return m.becomeWaiting()
	}
	return m.becomeConnecting()
}

func (m *machine) becomeConnecting() []action {
	m.phase = phaseConnecting
	return []action{actDial}
}

// becomeConnected makes a session of the socket, which is up, or to be signed on
// first, or stays signed off.
func (m *machine) becomeConnected() []action {
	m.missed = 0
	open := m.watchingSilence(actOpen)
	if m.isOff() {
		return append(open, m.becomeSignedOff()...)
	}
	return append(open, m.becomeSigningOn()...)
}

// becomeSigningOn goes on to up at once where there is no sign-on.
func (m *machine) becomeSigningOn() []action {
	if !m.signOn {
		return m.becomeUp()
	}
	m.phase = phaseSigningOn
	return m.sign(actSignOn)
}

// sign begins a sign-on or sign-off, or asks the scope whether it is to be made.
func (m *machine) sign(how action) []action {
	m.asking = m.scoped
	if m.asking {
		return []action{actAskScope}
	}
	return []action{how}
}

func (m *machine) becomeUp() []action {
	m.phase, m.asking = phaseUp, false
	return m.watched(actAdmit, actWatchStable)
}

// becomeSigningOff goes on at once where there is no sign-off.
func (m *machine) becomeSigningOff() []action {
	if !m.signOff {
		return m.becomeSignedOff()
	}
	m.phase = phaseSigningOff
	return append([]action{actRefuse}, m.sign(actSignOff)...)
}

func (m *machine) becomeSignedOff() []action {
	m.phase, m.on, m.asking = phaseSignedOff, false, false
	return m.watched(actRefuse)
}

// watched are the actions of a phase with echoes, where they are configured.
func (m *machine) watched(actions ...action) []action {
	m.missed = 0
	if m.echo {
		actions = append(actions, actWatchIdle)
	}
	return actions
}

func (m *machine) becomeDraining() []action {
	m.draining = true
	if m.offFirst && m.signsOffFirst() {
		return m.becomeSigningOff()
	}
	m.asking = false
	m.phase = phaseDraining
	return []action{actRefuse, actDrain}
}

// becomeEnding closes the socket as how says: actClose, actAbort, or
// actGuardEnd where its reader is about to find its end.
func (m *machine) becomeEnding(how action) []action {
	m.phase, m.asking = phaseEnding, false
	return []action{actRefuse, how}
}

func (m *machine) becomePaused() []action {
	if m.once {
		return m.becomeClosed() // nobody would connect again
	}
	m.phase = phasePaused
	return nil
}

func (m *machine) becomeClosed() []action {
	m.phase, m.asking = phaseClosed, false
	return []action{actRefuse, actStop}
}

// becomeFailed counts every end of a session, asked for or not: the host gets
// its minimum delay. A session of an acceptor is over for good.
func (m *machine) becomeFailed() []action {
	if m.once {
		return m.becomeClosed()
	}
	m.phase, m.asking = phaseFailed, false
	m.fails()
	return []action{actRefuse, actFail}
}
