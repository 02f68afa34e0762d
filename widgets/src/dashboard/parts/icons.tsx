// The few drawings of the dashboard, 24 by 24, in the colour of the text beside them.

const PATHS = {
  overview: "M4 11l8-7 8 7M6 10v10h12V10M10 20v-6h4v6",
  setup: "M5 6l1.5 1.5L9 5M5 13l1.5 1.5L9 12M5 19.5l1 1L9 18M13 7h7M13 14h7M13 20h7",
  waiting: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.5l3 2",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M3 20c0-3.5 2.5-6 6-6s6 2.5 6 6M16 5a3 3 0 0 1 0 6M17.5 14.5c2 .8 3.5 2.7 3.5 5.5",
  activity: "M3 12h4l3-8 4 16 3-8h4",
  tools: "M14.5 6.5a4 4 0 0 1 5-1l-2.5 2.5 1 2 2.5-.5a4 4 0 0 1-5.3 3.4L8 20a2 2 0 0 1-3-3l7-7a4 4 0 0 1 2.5-3.5",
  tunnel: "M3 19v-4a9 9 0 0 1 18 0v4M8 19v-4a4 4 0 0 1 8 0v4M2 19h20",
  folder: "M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  privy: "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5zM12 15v2",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  doctor: "M12 20s-8-4.5-8-10.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 8 2.5C20 15.500 12 20 12 20zM7 12h2.500l1.500-2.500 2 4 1.500-1.500H17",
  logs: "M5 5h14M5 10h14M5 15h9M5 20h6",
  preview: "M3 6h18v12H3zM3 10h18M7 14h4",
  done: "M5 12.500l4.500 4.500L19 7.500",
  failed: "M7 7l10 10M17 7L7 17",
  warning: "M12 7v6M12 16.500v.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  up: "M12 19V6M6 11.500L12 5.500l6 6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
