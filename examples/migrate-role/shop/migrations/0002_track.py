"""A later release: tracks, and the year of a record."""

import django.db.models.deletion
from django.db import migrations, models


def record_tracks(apps, schema_editor):
    record = apps.get_model("shop", "Record")
    for first in record.objects.order_by("id")[:2]:
        first.track_set.create(title="Side A")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("record", "year", models.PositiveSmallIntegerField(null=True)),
        migrations.CreateModel(
            name="Track",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=100)),
                ("record", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="shop.record")),
            ],
        ),
        migrations.RunPython(record_tracks, migrations.RunPython.noop),
    ]
