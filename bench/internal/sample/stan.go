package sample

// stanDigits is the length of field 11 (ISO 8583:1987, n 6).
const stanDigits = 6

// MaxCallers is how many callers have STANs of their own.
const MaxCallers = 10_000

// perCaller is how many STANs a caller has: all callers share the 999,999 values
// above zero.
const perCaller = 999_999 / MaxCallers

// STAN is the trace number of a caller's exchange number seq. Callers, numbered
// from 0 to MaxCallers-1, never share one, so that no two exchanges in flight
// have the same. A caller uses the same one again after 99 exchanges.
func STAN(caller int, seq uint64) uint32 {
	return uint32(caller)*perCaller + uint32(seq%perCaller) + 1
}

// STANText is the STAN as field 11 has it.
func STANText(stan uint32) string {
	var digits [stanDigits]byte
	putSTAN(digits[:], stan)
	return string(digits[:])
}

func putSTAN(dst []byte, stan uint32) {
	for i := stanDigits - 1; i >= 0; i-- {
		dst[i] = byte('0' + stan%10)
		stan /= 10
	}
}
