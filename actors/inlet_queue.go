package actors

// callQueue is a queue and the calls that empty it; inlet.mu guards it.
type callQueue struct {
	queue   []arrival
	next    int // the first of queue that waits
	inHand  int // those that are not done with
	workers int
}

func (l *callQueue) waiting() int { return len(l.queue) - l.next }

// size counts those that wait and those in hand.
func (l *callQueue) size() int { return l.waiting() + l.inHand }

func (l *callQueue) take() (first arrival, ok bool) {
	if l.waiting() == 0 {
		l.queue, l.next = l.queue[:0], 0
		if cap(l.queue) > shrinkAbove {
			l.queue = nil
		}
		return arrival{}, false
	}
	first, l.queue[l.next] = l.queue[l.next], arrival{}
	l.next++
	l.inHand++
	return first, true
}

// put appends a, in the place of what was taken when the queue would have to grow.
func (l *callQueue) put(a arrival) {
	if len(l.queue) == cap(l.queue) && l.next > len(l.queue)/2 {
		n := copy(l.queue, l.queue[l.next:])
		clear(l.queue[n:])
		l.queue, l.next = l.queue[:n], 0
	}
	l.queue = append(l.queue, a)
}
