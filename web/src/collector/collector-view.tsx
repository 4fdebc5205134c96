export const CollectorView = (_props: Record<string, unknown>) => <p class="empty">Not there yet.</p>;
