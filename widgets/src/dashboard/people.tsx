// Who uses this computer's tools and through what: people, their grants, clients, and where clients may send browsers.

import { ClientList } from "./client-list";
import { GrantList } from "./grant-list";
import { HostList } from "./host-list";
import { butCalls, useAnswer } from "./homeport";
import * as methods from "./methods";
import { Answered, Page, Section } from "./parts/page";
import { Invitations, PersonList } from "./person-list";

export function PeoplePage() {
  const grants = useAnswer(methods.grants, "", butCalls);
  const people = useAnswer(methods.people, "", butCalls);
  const invitations = useAnswer(methods.invitations, "", butCalls);
  const clients = useAnswer(methods.clients, "", butCalls);
  const hosts = useAnswer(methods.hosts, "", butCalls);
  return (
    <Page title="People" lead="Who uses your tools, and through what. What you end here ends at once.">
      <Section title="Access" lead="Each line lets one client act for one person.">
        <Answered of={grants} empty="Nobody has access.">
          {(lines) => <GrantList grants={lines} />}
        </Answered>
      </Section>
      <Section title="People">
        <Answered of={people} empty="Nobody has signed in yet.">
          {(lines) => <PersonList people={lines} />}
        </Answered>
      </Section>
      <Section title="Invitations" lead="For sign-in with Privy: who comes with this verified address is let in.">
        <Answered of={invitations}>{(lines) => <Invitations invitations={lines} />}</Answered>
      </Section>
      <Section title="Connected clients">
        <Answered of={clients} empty="No client has been here.">
          {(lines) => <ClientList clients={lines} />}
        </Answered>
      </Section>
      <Section title="Where clients may send browsers" lead="A host that is not allowed gets nobody back after sign-in.">
        <Answered of={hosts} empty="Every client so far uses a host that is known.">
          {(lines) => <HostList hosts={lines} />}
        </Answered>
      </Section>
    </Page>
  );
}
