"""Write the files of the chart that are derived from code and values (run by `make documents`)."""

import sys

from deploy.k8s import chart_documents, dashboard_documents, kafka_documents


def main() -> None:
    """Write the files and drop those of dashboards that are gone."""
    wanted = kafka_documents.documents() | dashboard_documents.documents() | chart_documents.documents()
    for path in dashboard_documents.FILES.glob("*.json"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        sys.stdout.write(f"wrote {path.name}\n")


if __name__ == "__main__":
    main()
