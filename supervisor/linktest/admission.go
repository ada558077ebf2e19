package linktest

// Admission is what a peer does with those who connect.
type Admission int

const (
	// Admit serves them. It is the zero value.
	Admit Admission = iota
	// CloseOnAccept closes each connection as soon as it is accepted.
	CloseOnAccept
	// ResetOnAccept resets each connection as soon as it is accepted, which a
	// dialler may learn from dialling already.
	ResetOnAccept
	// Refuse does not listen: to connect fails with ECONNREFUSED. The address
	// stays the peer's.
	Refuse
)

// String returns the name of the constant in words.
func (a Admission) String() string {
	switch a {
	case Admit:
		return "admit"
	case CloseOnAccept:
		return "close on accept"
	case ResetOnAccept:
		return "reset on accept"
	case Refuse:
		return "refuse"
	}
	return "unknown"
}
