// All settings in one form, from the one table that also makes options, environment names and documentation.

import { butCalls, useAnswer } from "./homeport";
import * as methods from "./methods";
import { Answered, Page, Section } from "./parts/page";
import { SettingField } from "./setting-field";

export function SettingsPage() {
  const settings = useAnswer(methods.settings, "", butCalls);
  return (
    <Page title="Settings" lead="What you change is written to homeport.toml in the data folder, and nothing else in that file is touched.">
      <Answered of={settings}>
        {(lines) =>
          [...new Set(lines.map(({ group }) => group))].map((group) => (
            <Section key={group} title={group}>
              {lines
                .filter((line) => line.group === group)
                .map((line) => (
                  <SettingField key={line.name} line={line} />
                ))}
            </Section>
          ))
        }
      </Answered>
    </Page>
  );
}
