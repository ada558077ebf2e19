package messages

import "math/bits"

// noStep is what is known of a field that the specification lacks.
var noStep fieldStep

// step returns what is known of field id.
func (r *Viewer) step(id int) *fieldStep {
	if id < 0 || id >= len(r.layout.steps) {
		return &noStep
	}

	return &r.layout.steps[id]
}

// words are the bits of the fields that there are.
func (v *View) words() []uint64 {
	if v.more != nil {
		return v.more
	}

	return v.few[:]
}

// before counts the fields before field id, which is above 1, MTI and bitmaps not
// among them.
func (v *View) before(id int) int {
	words := v.words()
	whole := min((id-1)/64, len(words))
	count := 0

	for _, word := range words[:whole] {
		count += bits.OnesCount64(word)
	}

	if whole < len(words) {
		count += bits.OnesCount64(words[whole] &^ (^uint64(0) >> ((id - 1) % 64)))
	}

	return count
}

// find returns what is known of a field that the message has, and where it begins.
func (v *View) find(id int) (s *fieldStep, at int, err error) {
	at, err = v.locate(id)
	if err != nil {
		return nil, 0, err
	}

	s = v.viewer.step(id)
	if s.kind == stepUnknown {
		return nil, 0, unreadable(id, at, errNotInSpec)
	}

	return s, at, nil
}

// locate returns where field id begins, or would. The error is a *FrameError of a
// field before it.
func (v *View) locate(id int) (int, error) {
	switch id {
	case 0:
		return 0, nil
	case 1:
		return v.bitmapAt, nil
	}

	rank := v.before(id)
	if rank < v.known {
		return v.at[rank], nil
	}

	return v.walk(rank)
}

// walk steps over the fields from the last one whose offset is known to the one
// that has rank fields before it, or to the end.
func (v *View) walk(rank int) (int, error) {
	at, passed, from := v.at[v.known-1], v.known-1, v.next-1
	words := v.words()
	word := words[from/64] & (^uint64(0) >> (from % 64))

	for i := from / 64; ; {
		for word == 0 {
			i++
			word = words[i]
		}

		lead := bits.LeadingZeros64(word)
		word &^= 1 << (63 - lead)
		id := 64*i + lead + 1
		s := v.viewer.step(id)

		size := s.fixed
		if s.kind != stepFixed || size > len(v.frame)-at {
			var err error
			if size, err = s.size(v.frame[at:]); err != nil {
				return 0, unreadable(id, at, err)
			}
		}

		at += size
		passed++

		if v.known < len(v.at) {
			v.at[passed], v.known, v.next = at, passed+1, id+1
		}

		if passed == rank {
			return at, nil
		}
	}
}
