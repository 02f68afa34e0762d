// The drawing of the app's icon, as in assets/homeport.svg: a house with a port.

export function Mark() {
  return (
    <svg viewBox="0 0 512 512" aria-hidden="true">
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stop-color="#2f6fed" />
        <stop offset="1" stop-color="#1746a2" />
      </linearGradient>
      <mask id="cut">
        <rect width="512" height="512" fill="#fff" />
        <circle cx="256" cy="296" r="68" fill="#000" />
      </mask>
      <rect x="24" y="24" width="464" height="464" rx="104" fill="url(#sky)" />
      <path mask="url(#cut)" fill="#fff" stroke="#fff" stroke-width="32" stroke-linejoin="round" d="M256 126 L390 240 V388 H122 V240 Z" />
      <circle cx="256" cy="296" r="40" fill="#5ee08f" />
    </svg>
  );
}
