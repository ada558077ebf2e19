package actors

import (
	"fmt"

	"github.com/isolink-go/isolink/messages"
)

// echoDone tells the link's actor how an echo went, for its event; whether the
// peer is alive is judged by timerEcho alone.
type echoDone struct {
	session *session
	err     error
}

// echo builds and exchanges one echo. It runs on a worker: the builder is
// foreign code.
func (s *session) echo() {
	err := errGoexit
	defer func() {
		if p := recover(); p != nil {
			s.record.panicked("Echo", p)
			err = fmt.Errorf("the Echo function panicked: %T", p)
		}
		if err == nil {
			s.record.counters.echoes.Add(1)
		}
		s.tell(echoDone{s, err})
	}()
	start := s.record.now()
	msg, err := s.record.config.Echo()
	if err != nil {
		return
	}
	frame, err := messages.Pack(msg)
	if err != nil {
		return
	}
	err = s.exchangeEcho(frame, start)
}

func (s *session) exchangeEcho(frame []byte, start int64) error {
	q := s.record.door.request(kindEcho, nil, frame)
	var err error
	if q.mti, q.key, err = s.record.keys.Read(frame); err != nil {
		return err
	}
	if !q.mti.IsRequest() {
		return fmt.Errorf("%w: MTI %s", messages.ErrNoRequest, q.mti)
	}
	q.deadline = start + int64(s.record.config.EchoTimeout)
	q.done = make(chan struct{}, 1)
	s.correlator.PostUserMessage(q)
	<-q.done // the correlator settles every request that it or its mailbox got
	return q.err
}
