package record

import "encoding/json"

// quote makes a JSON string of any bytes: those that are not UTF-8 become replacement characters.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `"?"` // a string always marshals
	}
	return string(b)
}
