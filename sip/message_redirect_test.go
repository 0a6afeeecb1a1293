package sip_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func TestWhereARedirectionPoints(t *testing.T) {
	const long = "sip:+12025550188@10.0.0.66;x="
	many, eight := []string{}, []sip.Redirect{}
	for i := range 20 {
		many = append(many, fmt.Sprintf("Contact: <sip:%d@h>", i))
		if i < 8 {
			eight = append(eight, sip.Redirect{URI: fmt.Sprintf("sip:%d@h", i)})
		}
	}
	for _, c := range []struct {
		fields []string
		want   []sip.Redirect
	}{
		{[]string{"Contact: <sip:+12025550188@10.0.0.66:5060;user=phone>;q=0.7"}, []sip.Redirect{{"sip:+12025550188@10.0.0.66:5060;user=phone", "0.7", ""}}},
		{[]string{`Contact: <sip:a@b;x=1>;q=0.5, "Bob, <C>" <sip:d@e:5070?h=v>;expires=3;q=1.000`}, []sip.Redirect{{"sip:a@b;x=1", "0.5", ""}, {"sip:d@e:5070?h=v", "1.000", ""}}},
		{[]string{"Contact: sip:x@y;q=0.1", "Contact: <sips:z@[::1]:5061>"}, []sip.Redirect{{"sip:x@y", "0.1", ""}, {"sips:z@[::1]:5061", "", ""}}},
		{[]string{"m: <tel:+12025550188>;Q=0.25", "Contact: <mailto:a@b.c>;q=2"}, []sip.Redirect{{"tel:+12025550188", "0.25", ""}, {"mailto:a@b.c", "", ""}}},
		{[]string{"Contact: <sip:a@b>;q=NaN", "Contact: <sip:c@d>;q=0.12345", "Contact: <sip:e@f>;q=-1", "Contact: <sip:g@h>;q=1.1", "Contact: <sip:i@j>;q"},
			[]sip.Redirect{{"sip:a@b", "", ""}, {"sip:c@d", "", ""}, {"sip:e@f", "", ""}, {"sip:g@h", "", ""}, {"sip:i@j", "", ""}}},
		{[]string{"Contact: <sip:a:secret@b>"}, []sip.Redirect{{"sip:a@b", "", ""}}},
		{[]string{"Contact: <" + long + strings.Repeat("y", 300) + ">"}, []sip.Redirect{{long + strings.Repeat("y", 100-len(long)) + "…", "", ""}}},
		{many, eight},
		{[]string{"Contact: *"}, nil},
		{nil, nil},
	} {
		for _, code := range []int{300, 301, 302, 305, 380} {
			t.Run(fmt.Sprint(code, c.fields), func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{peerAddr, nextAddr} })
					next := newPeer(t, b.net.listen(nextAddr))
					other := newPeer(t, b.net.listen("10.0.0.66:5060"))
					b.peer.answer(b.peer.request(sipmsg.INVITE), code, "Elsewhere", "a", "", c.fields...)
					b.peer.request(sipmsg.ACK)
					o := b.ended(s)
					if o.By != sip.EndedRemote || o.Code != code || !reflect.DeepEqual(o.Redirection.Contacts, c.want) || o.Redirection.Alternative != "" {
						t.Errorf("outcome %+v, want %+v", o, c.want)
					}
					b.peer.silent(time.Minute)
					next.silent(time.Minute)
					other.silent(time.Minute) // redirections are not followed
				})
			})
		}
	}
}

func TestRedirectionThatIsDescribedInABody(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		res := sipmsg.NewResponseFromRequest(b.peer.request(sipmsg.INVITE), 380, "Alternative Service", []byte("<ims-3gpp/>"))
		res.To().Params.Add("tag", "a")
		res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/3gpp-ims+xml"))
		b.peer.send(res)
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.Redirection.Alternative != "application/3gpp-ims+xml" || o.Redirection.Contacts != nil {
			t.Errorf("outcome %+v", o)
		}
	})
}

// Only a 3xx redirects: the Contact of another refusal says nothing.
func TestContactOfARefusal(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		b.peer.answer(b.peer.request(sipmsg.INVITE), 486, "Busy", "a", "", "Contact: <sip:a@b>")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.Redirection.Contacts != nil {
			t.Errorf("outcome %+v", o)
		}
	})
}
