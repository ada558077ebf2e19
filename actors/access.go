package actors

import (
	"net/netip"
	"strconv"
)

// access says which addresses may connect.
type access struct {
	allow []netip.Prefix // empty: all that are not denied
	deny  []netip.Prefix
}

// permits judges an address; the zero address is that of a connection without
// one, which no list can name.
func (a *access) permits(addr netip.Addr) bool {
	if len(a.allow)+len(a.deny) == 0 {
		return true
	}
	if !addr.IsValid() {
		return false
	}
	addr = addr.Unmap().WithZone("")
	return !contains(a.deny, addr) && (len(a.allow) == 0 || contains(a.allow, addr))
}

func contains(list []netip.Prefix, addr netip.Addr) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// access reads the lists of an acceptor. What could never come into force is a
// fault: somebody meant something else.
func (f *faults) access(allow, deny []string) access {
	a := access{allow: f.prefixes("Allow", allow), deny: f.prefixes("Deny", deny)}
	for i, p := range a.allow {
		for _, d := range a.deny {
			if p.IsValid() && d.IsValid() && d.Bits() <= p.Bits() && d.Contains(p.Addr()) {
				f.add("Allow["+strconv.Itoa(i)+"]", "%s is denied by %s in Deny, which wins", p, d)
			}
		}
	}
	return a
}

// prefixes parses a list; the zero prefix stands for one that is none.
func (f *faults) prefixes(field string, list []string) []netip.Prefix {
	all := make([]netip.Prefix, len(list))
	for i, text := range list {
		place := field + "[" + strconv.Itoa(i) + "]"
		p, problem := parsePrefix(text)
		if problem != "" {
			f.add(place, "%q: %s", text, problem)
			continue
		}
		for _, other := range all[:i] {
			if other == p {
				f.add(place, "%q is there twice", text)
			}
		}
		all[i] = p
	}
	return all
}

// parsePrefix reads an address or a range.
func parsePrefix(text string) (p netip.Prefix, problem string) {
	const want = "give an IPv4 or IPv6 address, or a range such as 192.0.2.0/24 or 2001:db8::/32"
	if addr, err := netip.ParseAddr(text); err == nil {
		if addr.Zone() != "" {
			return netip.Prefix{}, "an address with a zone cannot be told from others: leave the zone out"
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), ""
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return netip.Prefix{}, want
	case p.Addr().Is4In6():
		return netip.Prefix{}, "give a range of IPv4 addresses as IPv4"
	case p != p.Masked():
		return netip.Prefix{}, "has bits set behind its length: is it " + p.Masked().String() + " or " + p.Addr().String() + "?"
	}
	return p, ""
}
