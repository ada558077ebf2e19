package supervisor

// ManagerStatus is a snapshot of all that a manager has.
type ManagerStatus struct {
	Links     []Status // in the order in which they were added
	Groups    []GroupStatus
	Acceptors []AcceptorStatus // those that are not closed, in the order of their names
}

// Status is a snapshot of the manager's links, groups and acceptors, taken one after
// the other; reading it never touches the data path.
func (m *Manager) Status() ManagerStatus {
	var s ManagerStatus
	for _, l := range m.Links() {
		s.Links = append(s.Links, l.Status())
	}
	for _, g := range m.Groups() {
		s.Groups = append(s.Groups, g.Status())
	}
	for _, a := range m.Acceptors() {
		s.Acceptors = append(s.Acceptors, a.Status())
	}
	return s
}
