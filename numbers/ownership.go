package numbers

// Ownership says which account owns a number. It is read only once it is used,
// and safe for concurrent use then.
type Ownership map[E164]string

// Owns reports whether account owns n.
func (o Ownership) Owns(account string, n E164) bool {
	owner, known := o[n]
	return known && owner == account
}
