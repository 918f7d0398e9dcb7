'use client';
import './main.js';

export default function Page() {
  return <p>Open the console.</p>;
}
