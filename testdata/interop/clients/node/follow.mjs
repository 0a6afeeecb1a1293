// Follow an execution as EventSource does, from an event on that nobody knows: it is
// told so, hears the whole journal, and is told at its end not to come back.
import { EventSource } from 'eventsource'

const [, , server, id, secret, execution] = process.argv
const answer = await fetch(`${server}/oauth/token`, {
  method: 'POST',
  body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
})
const { access_token: token } = await answer.json()
let first = true
const source = new EventSource(`${server}/v1/executions/${execution}/events`, {
  fetch: (url, init) => {
    const headers = { ...init.headers, Authorization: `Bearer ${token}` }
    if (first) headers['Last-Event-ID'] = 'of-another-server'
    first = false
    return fetch(url, { ...init, headers })
  },
})
source.addEventListener('last_event_id_unknown', e => console.log('unknown:', JSON.parse(e.data).last_event_id))
for (const kind of ['execution_accepted', 'execution_ended']) source.addEventListener(kind, e => console.log('event:', e.type))
source.onerror = e => {
  if (source.readyState !== EventSource.CLOSED) return // it comes back by itself
  console.log('closed:', e.code)
}
